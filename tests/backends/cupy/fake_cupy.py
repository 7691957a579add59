"""A stand-in for cupy over numpy: just what the cupy backend uses; its arrays know their address."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Launch
from tests.backends.cupy.fake_cublas import CUDA_R, FakeCublas


class DeviceArray(np.ndarray[Any, Any]):
    """An array that knows its address the way cupy's do, and takes from the host what is of its dtype and shape."""

    @property
    def data(self) -> SimpleNamespace:  # type: ignore[override]  # a stand-in answers less
        return SimpleNamespace(ptr=self.ctypes.data)

    def set(self, host: NDArray[Any]) -> None:
        if host.dtype != self.dtype:
            raise TypeError(f"{host.dtype} array cannot be set to {self.dtype} array")
        if host.shape != self.shape:
            raise ValueError(f"Shape mismatch: {host.shape} to {self.shape}")
        self[...] = host


def on_device(array: NDArray[Any]) -> DeviceArray:
    return np.ascontiguousarray(array).view(DeviceArray)


class FakeRawModule:
    """``cupy.RawModule``: hands out a float32 product that takes what the CUDA kernel takes."""

    def __init__(self, code: str, options: tuple[str, ...], backend: str) -> None:
        assert backend == "nvrtc"
        self.code = code

    def get_function(self, name: str) -> Callable[..., None]:
        assert f" {name}(int m, int n, int k, const float *" in " ".join(self.code.split()).replace("__restrict__ ", "")

        def kernel(grid: tuple[int, int], block: tuple[int, int], arguments: tuple[Any, ...]) -> None:
            m, n, k, a, b, c = arguments
            assert all(type(size) is np.int32 for size in (m, n, k))
            assert a.shape == (m, k)
            assert b.shape == (k, n)
            assert grid[0] * block[0] >= 1
            np.matmul(a, b, out=c)

        return kernel


class FakeEvent:
    """``cupy.cuda.Event``, which reads the device's own clock."""

    def __init__(self, gpu: FakeGpu) -> None:
        self._gpu = gpu
        self.device_s = 0.0

    def record(self, stream: object) -> None:
        self._gpu.log.append("record")
        self.device_s = self._gpu.device_s


class FakeDevice:
    """``cupy.cuda.Device``, the current one unless an index is given."""

    def __init__(self, gpu: FakeGpu, index: int | None = None) -> None:
        self._gpu = gpu
        self._index = gpu.current if index is None else index

    def use(self) -> None:
        self._gpu.current = self._index

    def synchronize(self) -> None:
        self._gpu.log.append(f"wait for {self._index}")


class FakeGpu:
    """What a test sets up and looks at: memory, properties, the seconds the device believes have passed, and a log."""

    def __init__(self) -> None:
        self.free_bytes = 10**9
        self.device_s = 0.0
        self.log: list[str] = []  # of waits, events and launches
        self.current: int | None = None
        self.count = 1
        self.error: Exception | None = None  # what CUDA raises when it is asked for its GPUs
        self.built, self.found = 12090, 12090  # versions of CUDA: of this cupy, and the newest that the driver supports
        self.compiles_for: tuple[int, ...] = (50, 52, 60, 70, 75, 80, 90, 100, 120)
        self.has_code = True  # for the GPU that it is on
        self.cublas = FakeCublas()
        self.properties: dict[str, Any] = {
            "name": b"NVIDIA Test", "major": 9, "minor": 0, "multiProcessorCount": 132, "totalGlobalMem": 10**9,
            "l2CacheSize": 50_000, "clockRate": 1_980_000, "uuid": bytes(range(1, 17)),
        }  # fmt: skip

    def works(self, seconds: float) -> Launch:
        """A launch after which the device's clock stands that much later."""

        def launch() -> None:
            self.log.append("launch")
            self.device_s += seconds

        return launch


class CUDARuntimeError(RuntimeError):
    """``cupy.cuda.runtime.CUDARuntimeError``, which has CUDA's number of the error as its ``status``."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


class OutOfMemoryError(MemoryError):
    """``cupy.cuda.memory.OutOfMemoryError``."""


INSUFFICIENT = CUDARuntimeError(
    35, "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"
)
NO_KERNEL = CUDARuntimeError(
    209, "cudaErrorNoKernelImageForDevice: no kernel image is available for execution on the device"
)


def install(gpu: FakeGpu, monkeypatch: Any) -> None:
    """Put the fake in the place of cupy for one test, and let the backend's modules be imported anew."""
    for name, module in modules_of(gpu).items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("cupy", *(f"cupy.{part}" for part in ("arrays", "cublas", "devices", "kernels", "sgemm"))):
        monkeypatch.setitem(sys.modules, f"flopsbench.backends.{name}", None)  # so that undoing removes what comes
        monkeypatch.delitem(sys.modules, f"flopsbench.backends.{name}")


def modules_of(gpu: FakeGpu) -> dict[str, ModuleType]:
    """What stands in the place of cupy's modules, by their names."""
    modules = {
        "cupy": _cupy(gpu),
        "cupy_backends": ModuleType("cupy_backends"),
        "cupy_backends.cuda": ModuleType("cupy_backends.cuda"),
        "cupy_backends.cuda.libs": ModuleType("cupy_backends.cuda.libs"),
        "cupy_backends.cuda.libs.cublas": gpu.cublas,
    }
    modules["cupy_backends.cuda.libs"].cublas = gpu.cublas  # type: ignore[attr-defined]  # the stand-in has it
    return modules


def _cupy(gpu: FakeGpu) -> ModuleType:
    def empty(shape: Any, dtype: Any) -> DeviceArray:
        if not gpu.has_code:
            raise NO_KERNEL
        return on_device(np.empty(shape, dtype))

    cupy = ModuleType("cupy")
    cupy.__dict__.update(
        __version__="14.2.0",
        empty=empty,
        asarray=on_device,
        asnumpy=lambda array: np.array(array).view(np.ndarray),
        RawModule=FakeRawModule,
        get_default_memory_pool=lambda: SimpleNamespace(free_all_blocks=lambda: None),
        cuda=_cuda(gpu),
    )
    return cupy


def _cuda(gpu: FakeGpu) -> SimpleNamespace:
    def device_count() -> int:
        if gpu.error is not None:
            raise gpu.error
        return gpu.count

    return SimpleNamespace(
        runtime=SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            getDeviceCount=device_count,
            runtimeGetVersion=lambda: gpu.built,
            driverGetVersion=lambda: gpu.found,
            getDeviceProperties=lambda index: gpu.properties,
            memGetInfo=lambda: (gpu.free_bytes, 2 * gpu.free_bytes),
            **{f"CUDA_R_{name}": number for name, number in CUDA_R.items()},
        ),
        nvrtc=SimpleNamespace(getVersion=lambda: (12, 9), getSupportedArchs=lambda: gpu.compiles_for),
        memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        device=SimpleNamespace(get_cublas_handle=lambda: 1),
        Device=partial(FakeDevice, gpu),
        Event=lambda: FakeEvent(gpu),
        get_current_stream=lambda: "the current stream",
        get_elapsed_time=lambda start, end: (end.device_s - start.device_s) * 1e3,
    )
