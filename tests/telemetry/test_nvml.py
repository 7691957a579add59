"""GPU telemetry on a stand-in for NVML: what is absent stays absent, what is there is in SI units."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from flopsbench.device import Device
from flopsbench.telemetry import binding
from flopsbench.telemetry.binding import NoAnswer, Nvml
from flopsbench.telemetry.nvml import GpuFacts, GpuReading, GpuSensors
from flopsbench.telemetry.readings import decode_throttle_reasons
from tests.telemetry.fake_pynvml import (
    FORBIDDEN,
    LOST,
    MISMATCH,
    NO_LIBRARY,
    NOT_LOADED,
    STRANGE,
    UNKNOWN,
    FakeNvml,
    NVMLError,
    install,
)

GPU = Device("cuda", 0, "NVIDIA Test", vendor="NVIDIA", uuid="aaaa1111-0000")
NAMELESS = replace(GPU, uuid=None)
HERE: dict[str, str] = {}
ON_THE_BUS = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    return install(monkeypatch)


def test_reading_is_in_si_units(nvml: FakeNvml) -> None:
    assert GpuSensors(GPU, HERE).read() == GpuReading(
        sm_clock_hz=1.755e9,
        memory_clock_hz=3.201e9,
        power_w=650.5,
        energy_j=12345.678,
        temperature_c=61.0,
        throttle_reasons=(),
    )


def test_facts(nvml: FakeNvml) -> None:
    assert GpuSensors(GPU, HERE).static() == GpuFacts(
        name="NVIDIA Test",
        driver="575.57.08",
        power_limit_w=700.0,
        clock_max_hz=1.98e9,
        ecc=True,
        mig=False,
        persistence_mode=True,
    )


def test_two_throttle_reasons_at_once_are_both_seen(nvml: FakeNvml) -> None:
    nvml.values["nvmlDeviceGetCurrentClocksEventReasons"] = 0x4 | 0x40
    reading = GpuSensors(GPU, HERE).read()
    assert reading.throttle_reasons == ("sw_power_cap", "hw_thermal_slowdown")


def test_an_unknown_bit_is_shown() -> None:
    assert decode_throttle_reasons(0x8 | 1 << 40) == ("hw_slowdown", "0x10000000000")


def test_the_names_are_those_of_the_real_binding() -> None:
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    assert pynvml.nvmlClocksThrottleReasonSwPowerCap == 0x4
    for name in (
        "HwSlowdown",
        "SyncBoost",
        "SwThermalSlowdown",
        "HwThermalSlowdown",
        "HwPowerBrakeSlowdown",
        "GpuIdle",
    ):
        (decoded,) = decode_throttle_reasons(getattr(pynvml, f"nvmlClocksThrottleReason{name}"))
        assert decoded.replace("_", "") == name.lower()
    assert (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM, pynvml.NVML_TEMPERATURE_GPU) == (1, 2, 0)


@pytest.mark.parametrize("refusal", ["NVML refuses", "the binding is older"])
def test_an_older_driver_tells_its_reasons_under_the_older_name(nvml: FakeNvml, refusal: str) -> None:
    nvml.values["nvmlDeviceGetCurrentClocksThrottleReasons"] = 0x20
    if refusal == "NVML refuses":
        nvml.failing.add("nvmlDeviceGetCurrentClocksEventReasons")
    else:
        del nvml.values["nvmlDeviceGetCurrentClocksEventReasons"]
    assert GpuSensors(GPU, HERE).read().throttle_reasons == ("sw_thermal_slowdown",)


FIELDS = {
    "nvmlDeviceGetClockInfo": ("sm_clock_hz", "memory_clock_hz"),
    "nvmlDeviceGetPowerUsage": ("power_w",),
    "nvmlDeviceGetTotalEnergyConsumption": ("energy_j",),
    "nvmlDeviceGetTemperature": ("temperature_c",),
    "nvmlDeviceGetName": ("name",),
    "nvmlSystemGetDriverVersion": ("driver",),
    "nvmlDeviceGetEnforcedPowerLimit": ("power_limit_w",),
    "nvmlDeviceGetMaxClockInfo": ("clock_max_hz",),
    "nvmlDeviceGetEccMode": ("ecc",),
    "nvmlDeviceGetMigMode": ("mig",),
    "nvmlDeviceGetPersistenceMode": ("persistence_mode",),
}


@pytest.mark.parametrize("function", FIELDS)
def test_a_missing_sensor_leaves_only_its_own_fields_absent(nvml: FakeNvml, function: str) -> None:
    nvml.failing.add(function)
    sensors = GpuSensors(GPU, HERE)
    known = {**sensors.read()._asdict(), **sensors.static()._asdict()}
    assert {name for name, value in known.items() if value is None} == set(FIELDS[function])


def test_unknown_reasons_are_not_no_reasons(nvml: FakeNvml) -> None:
    nvml.failing |= {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"}
    reading = GpuSensors(GPU, HERE).read()
    assert reading.throttle_reasons is None


@pytest.mark.parametrize(
    "function", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID"]
)
def test_without_nvml_all_is_absent_with_a_reason(nvml: FakeNvml, function: str) -> None:
    nvml.failing.add(function)
    sensors = GpuSensors(GPU, HERE)
    assert (sensors.read(), sensors.static()) == (GpuReading(), GpuFacts())
    assert sensors.reason is not None
    assert "Not Supported" in sensors.reason


def test_without_the_binding_all_is_absent_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    sensors = GpuSensors(GPU, HERE)
    assert sensors.read() == GpuReading()
    assert sensors.reason == "nvidia-ml-py is not installed"


@pytest.mark.parametrize(
    ("device", "environ", "handle"),
    [
        (GPU, HERE, 0),
        (replace(GPU, uuid="GPU-bbbb3333-0000"), HERE, 2),
        (replace(GPU, uuid="BBBB2222-0000"), {"CUDA_VISIBLE_DEVICES": "2,1"}, 1),  # the UUID outranks the index
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "GPU-bbbb2"}, 1),
        (replace(NAMELESS, index=1), {"CUDA_VISIBLE_DEVICES": "GPU-aaaa, GPU-bbbb3"}, 2),
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "2,0", **ON_THE_BUS}, 2),
        (replace(NAMELESS, index=1), {"CUDA_VISIBLE_DEVICES": "2,0", **ON_THE_BUS}, 0),
        (replace(NAMELESS, index=1), ON_THE_BUS, 1),
    ],
)
def test_the_gpu_is_found(nvml: FakeNvml, device: Device, environ: dict[str, str], handle: int) -> None:
    sensors = GpuSensors(device, environ)
    assert sensors.reason is None
    assert sensors.read().temperature_c == 61.0
    assert nvml.asked == {handle}


def test_an_only_gpu_needs_no_order(nvml: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "uuids", ("GPU-aaaa1111-0000",), raising=False)
    assert GpuSensors(NAMELESS, HERE).reason is None


@pytest.mark.parametrize(
    ("device", "environ", "reason"),
    [
        (NAMELESS, HERE, "which one is not certain"),
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "1"}, "which one is not certain"),
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "GPU-bbbb"}, "knows 2 GPUs of that UUID"),
        (replace(GPU, uuid="cccc"), HERE, "knows 0 GPUs of that UUID"),
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "7", **ON_THE_BUS}, "does not find this GPU: Invalid Argument"),
        (NAMELESS, {"CUDA_VISIBLE_DEVICES": "none", **ON_THE_BUS}, "has no device 'none'"),
        (GPU, {"CUDA_VISIBLE_DEVICES": "MIG-1234"}, "a MIG slice has no sensors of its own"),
        (replace(GPU, uuid="MIG-1234"), HERE, "a MIG slice has no sensors of its own"),
        (replace(GPU, vendor="AMD"), HERE, "NVIDIA GPUs alone"),
        (Device("cpu", 0, "a CPU"), HERE, "NVIDIA GPUs alone"),
    ],
)
def test_a_doubt_is_said_and_not_guessed_away(
    nvml: FakeNvml, device: Device, environ: dict[str, str], reason: str
) -> None:
    sensors = GpuSensors(device, environ)
    assert reason in (sensors.reason or "")
    assert sensors.read() == GpuReading()
    assert not nvml.asked


def test_a_partitioned_gpu_is_described_but_not_read(nvml: FakeNvml) -> None:
    nvml.values["nvmlDeviceGetMigMode"] = [1, 1]
    sensors = GpuSensors(GPU, HERE)
    assert sensors.static().mig is True
    assert sensors.read() == GpuReading()
    assert sensors.reason == "a MIG slice has no sensors of its own"


# What is not NVML's own error, and what no GPU can say


@pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("function", sorted(FIELDS))
def test_whatever_the_binding_raises_costs_its_own_readings_alone(
    nvml: FakeNvml, function: str, error: Exception
) -> None:
    nvml.raised[function] = error
    sensors = GpuSensors(GPU, HERE)
    known = {**sensors.read()._asdict(), **sensors.static()._asdict()}
    assert {name for name, value in known.items() if value is None} == set(FIELDS[function])
    assert all(type(error).__name__ in sensors.absent[name] for name in FIELDS[function])


@pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "function", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID"]
)
def test_whatever_is_raised_before_a_gpu_is_found_is_a_reason(nvml: FakeNvml, function: str, error: Exception) -> None:
    nvml.raised[function] = error
    sensors = GpuSensors(GPU, HERE)
    assert (sensors.read(), sensors.static()) == (GpuReading(), GpuFacts())
    assert type(error).__name__ in (sensors.reason or "")


@pytest.mark.process
@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("raise OSError('no libnvidia-ml.so.1')", "nvidia-ml-py cannot be imported: OSError: no libnvidia-ml.so.1"),
        ("print 'for Python 2'", "nvidia-ml-py cannot be imported: SyntaxError"),
        ("import nowhere_to_be_found", "nvidia-ml-py cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit('no driver')", "nvidia-ml-py cannot be imported: ImportError: SystemExit: no driver"),
        ("import os; os.kill(os.getpid(), 4)", "nvidia-ml-py cannot be imported: ImportError: died by signal 4"),
        ("import os; os._exit(0)", "nvidia-ml-py cannot be imported: ImportError: ended with exit code 0"),
        ("", "NVML does not start: AttributeError"),
    ],
)
def test_a_binding_that_cannot_be_used_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    (tmp_path / "pynvml.py").write_text(source + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    monkeypatch.setattr("flopsbench.host.parent._TRIED", {})
    sensors = GpuSensors(GPU, HERE)
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    assert (sensors.reason or "").startswith(told)
    assert sensors.read() == GpuReading()


def test_bytes_of_an_older_binding_are_text(nvml: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "uuids", (b"GPU-aaaa1111-0000", b"GPU-\xff"), raising=False)
    monkeypatch.setattr(nvml, "nvmlSystemGetDriverVersion", lambda: b"575.57.08", raising=False)
    nvml.values["nvmlDeviceGetName"] = b"NVIDIA \xe9"
    facts = GpuSensors(GPU, HERE).static()
    assert (facts.name, facts.driver) == ("NVIDIA \N{REPLACEMENT CHARACTER}", "575.57.08")


NO_VALUE = (-1, 2**32 - 1, 2**64 - 1, None, "N/A", 1.5, True)
IMPOSSIBLE = {
    "nvmlDeviceGetEnforcedPowerLimit": ("power_limit_w", (0, 3_000_001, *NO_VALUE), 700_000),
    "nvmlDeviceGetPowerUsage": ("power_w", (0, 999, 4_000_000, *NO_VALUE), 30_000),
    "nvmlDeviceGetClockInfo": (
        "sm_clock_hz",
        ({1: 0}, {1: 9}, {1: 4_001}, *({1: value} for value in NO_VALUE)),
        {1: 210},
    ),
    "nvmlDeviceGetMaxClockInfo": ("clock_max_hz", ({1: 0}, {1: 99_999}, *({1: v} for v in NO_VALUE)), {1: 3_120}),
    "nvmlDeviceGetTemperature": ("temperature_c", ({0: 0}, {0: 255}, *({0: value} for value in NO_VALUE)), {0: 88}),
    "nvmlDeviceGetTotalEnergyConsumption": ("energy_j", NO_VALUE, 0),
    "nvmlDeviceGetCurrentClocksEventReasons": ("throttle_reasons", NO_VALUE, 1),
    "nvmlDeviceGetEccMode": ("ecc", ([2, 0], [], None, 1, [2**32 - 1, 0]), [0, 1]),
    "nvmlDeviceGetMigMode": ("mig", ([7, 0], [], None, 1), [0, 1]),
    "nvmlDeviceGetPersistenceMode": ("persistence_mode", (2, 2**32 - 1, None, "on"), 0),
    "nvmlDeviceGetName": ("name", ("", b"", None, 7), "A"),
}
WRONG = [(function, name, value) for function, (name, values, _) in IMPOSSIBLE.items() for value in values]


@pytest.mark.parametrize(("function", "name", "value"), WRONG)
def test_what_no_gpu_can_say_is_absent_with_its_reason(nvml: FakeNvml, function: str, name: str, value: object) -> None:
    nvml.values[function] = value
    del nvml.values["nvmlDeviceGetCurrentClocksThrottleReasons"]
    if name == "throttle_reasons":
        nvml.values["nvmlDeviceGetCurrentClocksThrottleReasons"] = value
    sensors = GpuSensors(GPU, HERE)
    known = {**sensors.read()._asdict(), **sensors.static()._asdict()}
    assert known[name] is None
    assert sensors.absent[name]


@pytest.mark.parametrize("function", IMPOSSIBLE)
def test_what_a_gpu_can_just_say_is_kept(nvml: FakeNvml, function: str) -> None:
    name, _, value = IMPOSSIBLE[function]
    nvml.values[function] = value
    sensors = GpuSensors(GPU, HERE)
    assert {**sensors.read()._asdict(), **sensors.static()._asdict()}[name] is not None
    assert name not in sensors.absent


def test_the_reason_names_the_figure(nvml: FakeNvml) -> None:
    nvml.values |= {"nvmlDeviceGetEnforcedPowerLimit": 0, "nvmlDeviceGetPowerUsage": 2**32 - 1}
    sensors = GpuSensors(GPU, HERE)
    sensors.read()
    assert sensors.absent["power_limit_w"].startswith("NVML says 0 W, and a GPU takes some power")
    assert sensors.absent["power_w"] == "NVML says 4294967295, which is no figure"


@pytest.mark.parametrize(
    ("counted", "kept"),
    [
        ((5_000, 6_000, 9_000), (5.0, 6.0, 9.0)),
        ((5_000, 5_000), (5.0, 5.0)),
        ((5_000, 4_000, 4_500), (5.0, None, 4.5)),  # a driver that was loaded anew counts on from there
        ((5_000, 900_000_000, 900_000_100), (5.0, None, 900_000.1)),  # 900 kJ within a moment
    ],
)
def test_a_counter_that_falls_or_leaps_is_absent_once(
    nvml: FakeNvml, counted: tuple[int, ...], kept: tuple[float | None, ...]
) -> None:
    sensors = GpuSensors(GPU, HERE)
    seen = []
    for value in counted:
        nvml.values["nvmlDeviceGetTotalEnergyConsumption"] = value
        seen.append(sensors.read().energy_j)
        assert (seen[-1] is None) == ("energy_j" in sensors.absent)
    assert tuple(seen) == kept


def test_a_lost_gpu_takes_no_sensor_from_the_others(nvml: FakeNvml) -> None:
    nvml.lost = {1}
    for uuid, handle in (("aaaa1111-0000", 0), ("bbbb3333-0000", 2)):
        sensors = GpuSensors(replace(GPU, uuid=uuid), HERE)
        assert (sensors.reason, sensors.read().temperature_c) == (None, 61.0)
        assert handle in nvml.asked
    lost = GpuSensors(replace(GPU, uuid="bbbb2222-0000"), HERE)
    assert lost.reason == "NVML knows 0 GPUs of that UUID; GPU 1 does not answer: GPU is lost"


def test_behind_a_lost_gpu_an_index_means_no_gpu_for_certain(nvml: FakeNvml) -> None:
    """CUDA counts those that answer alone: its second may be the third of NVML."""
    nvml.lost = {1}
    assert GpuSensors(NAMELESS, ON_THE_BUS).reason is None
    reason = GpuSensors(replace(NAMELESS, index=2), ON_THE_BUS).reason
    assert reason == "GPU 1 does not answer (GPU is lost): which one is not certain"


def test_a_gpu_that_is_lost_during_a_run_leaves_empty_readings(nvml: FakeNvml) -> None:
    sensors = GpuSensors(GPU, HERE)
    nvml.lost = {0}
    assert sensors.read() == GpuReading()
    assert sensors.absent["power_w"] == "GPU is lost"
    nvml.lost = set()
    assert sensors.read().power_w == 650.5
    assert "power_w" not in sensors.absent


def test_the_binding_s_own_errors_have_their_numbers() -> None:
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")

    def ask(number: int) -> NoAnswer:
        def raised() -> None:
            raise pynvml.NVMLError(number)

        with pytest.raises(NoAnswer) as caught:
            Nvml(SimpleNamespace(NVMLError=pynvml.NVMLError, ask=raised)).call("ask")
        return caught.value

    assert (binding.VERSION_MISMATCH, binding.GPU_IS_LOST) == (
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
        pynvml.NVML_ERROR_GPU_IS_LOST,
    )
    for fake in (LOST, MISMATCH, NOT_LOADED, NO_LIBRARY, FORBIDDEN, UNKNOWN):
        real = ask(fake.value)
        assert (str(real), real.code) == (str(fake), fake.value)
        named = Nvml(SimpleNamespace(NVMLError=NVMLError, ask=lambda told=str(fake): _raise(NVMLError(told))))
        if fake is not NO_LIBRARY:  # which decides nothing
            with pytest.raises(NoAnswer) as caught:
                named.call("ask")
            assert caught.value.code == fake.value


def _raise(error: Exception) -> None:
    raise error
