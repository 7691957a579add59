"""What is gathered of a machine before anything is decided: from made-up trees and a stand-in for NVML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flopsbench.host.trees import Places
from flopsbench.telemetry.no_gpu import why_no_gpu
from flopsbench.telemetry.situation import Situation, situation
from flopsbench.words.reason import Reason
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

CPU_BUILD = Reason("torch_cpu_build", library="torch 2.13.0+cpu", command="pip install torch")
VERSION = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  575.57.08  Sat May 24 2025\n"


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    return install(monkeypatch)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A machine with Linux, one GPU and its driver."""
    monkeypatch.setattr("flopsbench.telemetry.situation.sys.platform", "linux")
    board = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    board.mkdir(parents=True)
    (board / "vendor").write_text("0x10de\n")
    (board / "class").write_text("0x030200\n")
    (tmp_path / "proc/driver/nvidia").mkdir(parents=True)
    (tmp_path / "proc/driver/nvidia/version").write_text(VERSION)
    (tmp_path / "dev").mkdir()
    for name in ("nvidiactl", "nvidia-uvm", "nvidia0"):
        (tmp_path / "dev" / name).touch()
    return Places(tmp_path / "sys", tmp_path / "proc", tmp_path / "dev")


def codes(seen: Situation) -> list[str]:
    return [reason.code for reason in why_no_gpu(seen) if reason.code != "libcuda_missing"]


def test_everything_is_gathered(nvml: FakeNvml, places: Places) -> None:
    seen = situation({}, places)
    assert seen.boards is not None
    assert (len(seen.boards), seen.driver, seen.files.has_gpu, seen.silence) == (1, "575.57.08", True, None)
    assert [gpu.uuid for gpu in seen.gpus] == list(nvml.uuids)
    assert {gpu.name for gpu in seen.gpus} == {"NVIDIA Test"}
    assert {(gpu.slices, gpu.prohibited, gpu.silence) for gpu in seen.gpus} == {(None, False, None)}


@pytest.mark.parametrize("error", [MISMATCH, FORBIDDEN, NOT_LOADED, NO_LIBRARY, UNKNOWN])
def test_why_nvml_is_silent_keeps_its_number(nvml: FakeNvml, places: Places, error: NVMLError) -> None:
    nvml.raised["nvmlInit"] = error
    seen = situation({}, places)
    assert seen.silence is not None
    assert (seen.silence.code, seen.gpus) == (error.value, ())


@pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetName", "nvmlDeviceGetMigMode"])
def test_nothing_that_is_raised_ends_the_look(nvml: FakeNvml, places: Places, function: str, error: Exception) -> None:
    nvml.raised[function] = error
    assert situation({}, places).driver == "575.57.08"


@pytest.mark.parametrize(
    ("raised", "code"), [(MISMATCH, "driver_was_updated"), (FORBIDDEN, "driver_forbids"), (LOST, "gpu_lost")]
)
def test_what_nvml_says_as_it_starts_decides(nvml: FakeNvml, places: Places, raised: NVMLError, code: str) -> None:
    nvml.raised["nvmlInit"] = raised
    assert codes(situation({}, places)) == [code]


def test_lost_gpus_are_told_from_those_that_answer(nvml: FakeNvml, places: Places) -> None:
    nvml.lost = {1}
    seen = situation({}, places)
    assert [gpu.silence is not None for gpu in seen.gpus] == [False, True, False]
    nvml.lost = {0, 1, 2}
    assert codes(situation({}, places)) == ["gpu_lost"]


def test_a_gpu_that_is_lost_behind_its_handle_is_lost(nvml: FakeNvml, places: Places) -> None:
    nvml.raised["nvmlDeviceGetName"] = LOST
    assert all(gpu.silence for gpu in situation({}, places).gpus)


def test_instances_are_counted(nvml: FakeNvml, places: Places) -> None:
    nvml.values["nvmlDeviceGetMigMode"] = [1, 1]
    assert codes(situation({}, places)) == ["mig_without_slice"]
    nvml.slices = {0: ["MIG-1111", "MIG-2222"]}
    seen = situation({}, places)
    assert [gpu.slices for gpu in seen.gpus] == [("MIG-1111", "MIG-2222"), (), ()]
    assert codes(seen) != ["mig_without_slice"]


@pytest.mark.parametrize("error", [FORBIDDEN, *STRANGE], ids=lambda error: type(error).__name__)
def test_instances_that_cannot_be_counted_are_not_none(nvml: FakeNvml, places: Places, error: Exception) -> None:
    nvml.values["nvmlDeviceGetMigMode"] = [1, 1]
    nvml.raised["nvmlDeviceGetMaxMigDeviceCount"] = error
    assert {gpu.slices for gpu in situation({}, places).gpus} == {None}


def test_an_instance_of_others_is_one(nvml: FakeNvml, places: Places) -> None:
    nvml.values["nvmlDeviceGetMigMode"] = [1, 1]
    nvml.raised["nvmlDeviceGetMigDeviceHandleByIndex"] = FORBIDDEN
    assert codes(situation({}, places)) != ["mig_without_slice"]


@pytest.mark.parametrize(("mode", "prohibited"), [(0, False), (3, False), (2, True), (2**32 - 1, False)])
def test_compute_mode_is_read(nvml: FakeNvml, places: Places, mode: int, prohibited: bool) -> None:
    nvml.values["nvmlDeviceGetComputeMode"] = mode
    assert {gpu.prohibited for gpu in situation({}, places).gpus} == {prohibited}


@pytest.mark.parametrize("error", STRANGE, ids=lambda error: type(error).__name__)
def test_an_error_of_the_binding_is_no_loss(nvml: FakeNvml, places: Places, error: Exception) -> None:
    nvml.raised["nvmlDeviceGetHandleByIndex"] = error
    (cause,) = why_no_gpu(replace(situation({}, places), has_libcuda=True))
    assert cause.code == "nvml_binding_fails"
    assert "-r" not in cause.split()


def test_a_number_that_an_error_happens_to_have_is_not_nvmls(nvml: FakeNvml, places: Places) -> None:
    nvml.raised["nvmlDeviceGetHandleByIndex"] = StopIteration(LOST.value)  # which calls it its value
    assert {gpu.silence.code for gpu in situation({}, places).gpus if gpu.silence} == {None}


def test_nvml_says_the_drivers_version_where_the_kernel_does_not(nvml: FakeNvml, places: Places) -> None:
    bare = Places(places.sys, places.dev, places.dev)  # no /proc/driver, as on WSL2
    (cause,) = why_no_gpu(replace(situation({}, bare), has_libcuda=True))
    assert cause == Reason("gpu_awaits_library", name="NVIDIA Test", driver="575.57.08")
    (places.proc / "driver/nvidia/version").write_text(VERSION.replace("575.57.08", "535.104.05"))
    nvml.raised["nvmlSystemGetDriverVersion"] = UNKNOWN
    (cause,) = why_no_gpu(replace(situation({}, places), has_libcuda=True))
    assert cause.values["driver"] == "535.104.05"
    (cause,) = why_no_gpu(replace(situation({}, bare), has_libcuda=True))
    assert cause.values["driver"] == "?"


@pytest.mark.parametrize(
    ("system", "library"), [("linux", "libcuda.so.1"), ("win32", "nvcuda.dll"), ("freebsd14", None)]
)
@pytest.mark.parametrize("loads", [True, False])
def test_the_drivers_cuda_library_is_asked_for_by_its_name_on_the_system(
    monkeypatch: pytest.MonkeyPatch, places: Places, system: str, library: str | None, loads: bool
) -> None:
    install(monkeypatch)
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)
        if not loads:
            raise OSError(f"Could not find module '{name}'")

    monkeypatch.setattr("flopsbench.telemetry.situation.ctypes.CDLL", load)
    monkeypatch.setattr("flopsbench.telemetry.situation.sys.platform", system)
    assert situation({}, places).has_libcuda == (loads if library else None)
    assert asked == ([library] if library else [])


def test_windows_with_a_driver_blames_no_library_of_linux(
    nvml: FakeNvml, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("flopsbench.telemetry.situation.ctypes.CDLL", lambda name: None)
    monkeypatch.setattr("flopsbench.telemetry.situation.sys.platform", "win32")
    nowhere = Places(tmp_path / "sys", tmp_path / "proc", tmp_path / "dev")
    (cause,) = why_no_gpu(situation({}, nowhere), [CPU_BUILD])  # the line of torch's stands below it
    assert cause == Reason("gpu_awaits_library", name="NVIDIA Test", driver="575.57.08")


@pytest.mark.parametrize("count", [-1, 2**32 - 1, None, "three"])
def test_no_number_of_gpus_is_a_reason(
    nvml: FakeNvml, places: Places, monkeypatch: pytest.MonkeyPatch, count: object
) -> None:
    monkeypatch.setattr(nvml, "nvmlDeviceGetCount", lambda: count, raising=False)
    assert str(situation({}, places).silence) == "NVML does not say how many GPUs there are"


def test_this_machine_can_be_looked_at() -> None:
    seen = situation()
    assert seen.system
    assert why_no_gpu(seen) or seen.gpus or seen.has_driver
