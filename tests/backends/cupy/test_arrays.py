"""What is cupy's own in the contract of a space: waits for a device, which device is current, missing libraries."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.words.reason import Reason
from tests.backends.cupy.fake_cupy import CUDARuntimeError, DeviceArray, FakeGpu

FOURTH = Device("cuda", 3, "NVIDIA Test", arch="sm_90")
CPU = Device("cpu", 0, "a CPU", arch="x86_64")


@pytest.fixture
def space(gpu: FakeGpu) -> Any:
    return importlib.import_module("flopsbench.backends.cupy.arrays").space


def test_a_wait_is_for_the_whole_device(space: Any, gpu: FakeGpu) -> None:
    space.wait(FOURTH)
    assert gpu.log == ["wait for 3"]


def test_a_clock_reads_device_and_host(space: Any, gpu: FakeGpu) -> None:
    """The device says three seconds where the host saw none: both figures come back, so that it shows."""
    elapsed = space.clock(FOURTH).time(gpu.works(seconds=1.0), loops=3)
    assert elapsed.seconds == pytest.approx(3.0)
    assert elapsed.host_seconds < 1.0
    assert gpu.log == ["wait for 3", "record", *["launch"] * 3, "record", "wait for 3"]


def test_a_block_ends_on_the_device_it_began_on(space: Any, gpu: FakeGpu) -> None:
    def turn_away() -> None:
        gpu.current = 5

    space.clock(FOURTH).time(turn_away, loops=1)
    assert [line for line in gpu.log if line.startswith("wait")] == ["wait for 3"] * 2


@pytest.mark.parametrize("ask", ["empty", "scalar", "memory", "clock"])
def test_what_is_asked_of_a_device_makes_it_current(space: Any, gpu: FakeGpu, ask: str) -> None:
    arguments = {"empty": ("fp32", 4), "scalar": (1.0,)}.get(ask, ())
    getattr(space, ask)(*arguments, FOURTH)
    assert gpu.current == 3


@pytest.mark.parametrize("ask", ["empty", "scalar", "memory", "clock"])
def test_a_cpu_is_refused(space: Any, ask: str) -> None:
    arguments = {"empty": ("fp32", 4), "scalar": (1.0,)}.get(ask, ())
    with pytest.raises(Unsupported, match="cupy runs on GPUs alone"):
        getattr(space, ask)(*arguments, CPU)


@pytest.mark.parametrize("storage", ["fp64", "bf16", "fp8_e4m3", "int32"])
def test_new_memory_is_touched(space: Any, storage: str) -> None:
    """cupy fills arrays by kernels that NVRTC compiles, so that a missing NVRTC shows here."""
    flat = space.empty(storage, 5, FOURTH)
    fresh = space.fetch(flat).copy()
    space.spoil(flat)
    assert np.array_equal(fresh, space.fetch(flat), equal_nan=fresh.dtype.kind == "f")


class DynamicLibNotFoundError(RuntimeError):
    """``cuda.pathfinder.DynamicLibNotFoundError``, by which cupy 14 says that a library is missing."""


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (
            ImportError("libnvrtc.so.12: cannot open\nshared object file"),
            "libnvrtc.so.12 cannot be loaded, a library of CUDA: pip install --upgrade 'cupy-cuda12x[ctk]'",
        ),
        (
            DynamicLibNotFoundError('Failure finding "libnvrtc.so.13 or libnvrtc.so.12": No such file\n'),
            "libnvrtc.so.13 cannot be loaded, a library of CUDA: pip install --upgrade 'cupy-cuda12x[ctk]'",
        ),
        (ImportError("no module\nof that name"), "cupy cannot load a CUDA library: no module of that name"),
    ],
)
def test_a_missing_cuda_library_is_a_reason(
    space: Any, monkeypatch: pytest.MonkeyPatch, raised: Exception, told: str
) -> None:
    def fill(self: DeviceArray, value: float) -> None:
        raise raised

    monkeypatch.setattr(DeviceArray, "fill", fill)
    with pytest.raises(Unsupported) as error:
        space.empty("fp32", 5, FOURTH)
    assert isinstance(error.value.reason, Reason)
    assert error.value.reason == told


def test_another_error_stays_what_it_is(space: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(self: DeviceArray, value: float) -> None:
        raise CUDARuntimeError(700, "cudaErrorIllegalAddress: an illegal memory access was encountered")

    monkeypatch.setattr(DeviceArray, "fill", fill)
    with pytest.raises(CUDARuntimeError):
        space.empty("fp32", 5, FOURTH)


def test_codes_of_another_dtype_are_never_rounded(space: Any) -> None:
    with pytest.raises(TypeError):
        space.load(space.empty("bf16", 2, FOURTH), np.ones(2, np.float32))
