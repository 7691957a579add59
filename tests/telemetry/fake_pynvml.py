"""A stand-in for pynvml with its function names; any function can be made to fail the way NVML does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

VALUES: dict[str, Any] = {
    "nvmlDeviceGetClockInfo": {1: 1755, 2: 3201},
    "nvmlDeviceGetMaxClockInfo": {1: 1980},
    "nvmlDeviceGetPowerUsage": 650_500,
    "nvmlDeviceGetTotalEnergyConsumption": 12_345_678,
    "nvmlDeviceGetTemperature": {0: 61},
    "nvmlDeviceGetCurrentClocksEventReasons": 0,
    "nvmlDeviceGetCurrentClocksThrottleReasons": 0,
    "nvmlDeviceGetName": "NVIDIA Test",
    "nvmlDeviceGetEnforcedPowerLimit": 700_000,
    "nvmlDeviceGetEccMode": [1, 0],
    "nvmlDeviceGetMigMode": [0, 0],
    "nvmlDeviceGetPersistenceMode": 1,
    "nvmlDeviceGetComputeMode": 0,
    "nvmlSystemGetCudaDriverVersion": 12090,
}


class NVMLError(Exception):
    """``pynvml.NVMLError``, which has a number of NVML's as its ``value``."""

    def __init__(self, told: str, value: int | None = None) -> None:
        super().__init__(told)
        self.value = value


LOST = NVMLError("GPU is lost", 15)
MISMATCH = NVMLError("RM has detected an NVML/RM version mismatch.", 18)
NOT_LOADED = NVMLError("Driver Not Loaded", 9)
NO_LIBRARY = NVMLError("NVML Shared Library Not Found", 12)
FORBIDDEN = NVMLError("Insufficient Permissions", 4)
UNKNOWN = NVMLError("Unknown Error", 999)
# What bindings and drivers raise that NVML knows nothing of.
STRANGE = (
    UnicodeDecodeError("utf-8", b"\xf8", 0, 1, "invalid start byte"),
    AttributeError("/usr/lib/wsl/lib/libnvidia-ml.so.1: undefined symbol: nvmlDeviceGetUUID"),
    OSError("libnvidia-ml.so.1: cannot open shared object file"),
    TypeError("a bytes-like object is required, not 'str'"),
    ValueError("NULL pointer access"),
)


class FakeNvml(ModuleType):
    """Three GPUs told apart by UUID; ``failing`` names the functions that raise, ``values`` what the others return.

    ``asked`` keeps the handles that sensors were read from. ``raised`` is what a function raises, ``lost`` are the GPUs
    that no longer answer, ``slices`` the MIG instances of each.
    """

    NVMLError = NVMLError
    uuids = ("GPU-aaaa1111-0000", "GPU-bbbb2222-0000", "GPU-bbbb3333-0000")

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.values = dict(VALUES)
        self.failing: set[str] = set()
        self.asked: set[int] = set()
        self.raised: dict[str, Exception] = {}
        self.lost: set[int] = set()
        self.slices: dict[int, list[str]] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.values:
            raise AttributeError(name)

        def sensor(handle: int = -1, *arguments: int) -> Any:
            self._may_fail(name, handle)
            self.asked.add(handle)
            value = self.values[name]
            return value[arguments[0]] if isinstance(value, dict) else value

        return sensor

    def _may_fail(self, name: str, handle: Any = -1) -> None:
        if name in self.raised:
            raise self.raised[name]
        if name in self.failing:
            raise NVMLError("Not Supported", 3)
        if handle in self.lost:
            raise LOST

    def nvmlInit(self) -> None:
        self._may_fail("nvmlInit")

    def nvmlSystemGetDriverVersion(self) -> str:
        self._may_fail("nvmlSystemGetDriverVersion")
        return "575.57.08"

    def nvmlDeviceGetCount(self) -> int:
        self._may_fail("nvmlDeviceGetCount")
        return len(self.uuids)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        self._may_fail("nvmlDeviceGetHandleByIndex", index)
        if index >= len(self.uuids):
            raise NVMLError("Invalid Argument", 2)
        return index

    def nvmlDeviceGetUUID(self, handle: int | str) -> str:
        self._may_fail("nvmlDeviceGetUUID", handle)
        return handle if isinstance(handle, str) else self.uuids[handle]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: int) -> int:
        self._may_fail("nvmlDeviceGetMaxMigDeviceCount", handle)
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: int, index: int) -> str:
        self._may_fail("nvmlDeviceGetMigDeviceHandleByIndex", handle)
        slices = self.slices.get(handle, [])
        if index >= len(slices):
            raise NVMLError("Not Found", 6)
        return slices[index]


def install(monkeypatch: Any) -> FakeNvml:
    """Put the fake in the place of pynvml for one test."""
    nvml = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml
