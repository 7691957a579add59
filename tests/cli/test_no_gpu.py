"""What a user reads who asks for a GPU that cannot be used, by processes as they are started from a shell.

cupy and NVML are stand-ins on the path, which raise what the real ones raise; torch is the real one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

CUPY = """
from types import SimpleNamespace

__version__ = "14.2.0"


class CUDARuntimeError(RuntimeError):
    def __init__(self, status, told):
        super().__init__(told)
        self.status = status


def getDeviceCount():
    raise CUDARuntimeError({status}, {told!r})


runtime = SimpleNamespace(
    CUDARuntimeError=CUDARuntimeError,
    getDeviceCount=getDeviceCount,
    driverGetVersion=lambda: {found},
    runtimeGetVersion=lambda: 12090,
)
cuda = SimpleNamespace(runtime=runtime)
"""
PYNVML = """
class NVMLError(Exception):
    def __init__(self, told, value):
        super().__init__(told)
        self.value = value


def nvmlInit():
    {init}


def nvmlDeviceGetCount():
    return 1


def nvmlDeviceGetHandleByIndex(index):
    {handle}


def nvmlDeviceGetMigMode(handle):
    return [{mig}, {mig}]


def nvmlDeviceGetMaxMigDeviceCount(handle):
    return 7


def nvmlDeviceGetMigDeviceHandleByIndex(handle, index):
    raise NVMLError("Not Found", 6)
"""
TOO_OLD = (35, "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version")
NO_DEVICE = (100, "cudaErrorNoDevice: no CUDA-capable device is detected")

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run flopsbench beside a cupy that meets an error, and perhaps an NVML that says something."""

    def ran(
        *arguments: str, error: tuple[int, str] = NO_DEVICE, found: int = 12090, nvml: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        for part in ("cupy", "cupy_backends/cuda/libs"):
            (tmp_path / part).mkdir(parents=True)
        (tmp_path / "cupy/__init__.py").write_text(CUPY.format(status=error[0], told=error[1], found=found))
        (tmp_path / "cupy_backends/cuda/libs/cublas.py").write_text("")
        if nvml:
            (tmp_path / "pynvml.py").write_text(nvml)
        path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        known = {name: value for name, value in os.environ.items() if not name.endswith("VISIBLE_DEVICES")}
        command = [sys.executable, "-m", "flopsbench", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env={**known, "PYTHONPATH": path, **environ})

    return ran


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of a refusal, of which the first names the device that is not here."""
    assert (done.returncode, done.stdout) == (7, "")
    first, *why = done.stderr.splitlines()
    assert first == "flopsbench: no device 'cuda' here; there are: none"
    return [line.strip() for line in why]


ASK = ("run", "--device", "cuda", "--backend", "cupy")


def test_a_driver_too_old_is_told_with_both_versions(shell: Shell) -> None:
    cause, cupy = told(shell(*ASK, error=TOO_OLD, found=11040))
    assert cause.startswith("the driver is too old: it supports CUDA up to 11.4, cupy 14.2.0 is built for CUDA 12.9")
    assert cupy == f"cupy: {cause}"


def test_a_variable_that_hides_the_gpu_is_told(shell: Shell) -> None:
    cause, cupy = told(shell(*ASK, CUDA_VISIBLE_DEVICES=""))
    assert cause.startswith("CUDA_VISIBLE_DEVICES='' hides every GPU: unset CUDA_VISIBLE_DEVICES")
    assert cupy == "cupy: the driver shows it no GPU (cudaErrorNoDevice: no CUDA-capable device is detected)"


MISMATCH = 'raise NVMLError("RM has detected an NVML/RM version mismatch.", 18)'
GARBLED = 'b"\\xf8".decode()'
LOST = 'raise NVMLError("GPU is lost", 15)'


@pytest.mark.parametrize(
    ("nvml", "cause"),
    [
        (PYNVML.format(init=MISMATCH, handle="return index", mig=0), "NVIDIA's driver was updated, and the old one"),
        (PYNVML.format(init="pass", handle=LOST, mig=0), "GPU 0 no longer answers, it may have fallen off the bus"),
        (PYNVML.format(init="pass", handle="return index", mig=1), "GPU 0 is partitioned (MIG) and has no instance"),
    ],
    ids=["updated", "lost", "no instance"],
)
def test_what_nvml_knows_is_the_cause(shell: Shell, nvml: str, cause: str) -> None:
    first, *_ = told(shell(*ASK, nvml=nvml))
    assert first.startswith(cause)


def test_an_error_of_the_binding_resets_no_gpu(shell: Shell) -> None:
    lines = told(shell(*ASK, nvml=PYNVML.format(init="pass", handle=GARBLED, mig=0)))
    assert not any("bus" in line or "nvidia-smi -r" in line for line in lines)


def test_a_binding_that_is_broken_ends_nothing(shell: Shell) -> None:
    assert any("cupy: " in line for line in told(shell(*ASK, nvml="print 'for Python 2'")))


def test_devices_shows_the_same(shell: Shell) -> None:
    done = shell("devices", "--json", "-", error=TOO_OLD, found=11040)
    assert done.returncode == 0, done.stderr
    reason = json.loads(done.stdout)["no_gpu"]["libraries"]["cupy"]
    assert reason.startswith("the driver is too old: it supports CUDA up to 11.4")


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_real_torch_says_what_it_is(shell: Shell) -> None:
    import torch

    if torch.version.cuda is not None or torch.version.hip is not None:
        pytest.skip("this torch is for GPUs")
    done = shell("run", "--device", "cuda")
    assert done.returncode == 7
    assert (
        f"\n  torch: torch {torch.__version__} is a CPU-only build: pip install --index-url "
        "https://download.pytorch.org/whl/"
    ) in done.stderr


def test_where_no_gpu_is_asked_for_nothing_is_said_of_one(shell: Shell) -> None:
    done = shell("run", "--device", "cpu", "--backend", "numpy", "--dtype", "fp32", "--size", "64", "--time", "1")
    assert done.returncode == 0, done.stderr
    assert "GPU" not in done.stdout + done.stderr
