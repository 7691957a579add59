"""GPU telemetry on a stand-in for NVML: what is absent stays absent, what is there is in SI units."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from flopsbench.device import Device
from flopsbench.telemetry.nvml import GpuFacts, GpuReading, GpuSensors
from flopsbench.telemetry.readings import decode_throttle_reasons
from tests.telemetry.fake_pynvml import FakeNvml, install

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
