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
}


class NVMLError(Exception):
    """``pynvml.NVMLError``."""


class FakeNvml(ModuleType):
    """Three GPUs told apart by UUID; ``failing`` names the functions that raise, ``values`` what the others return.

    ``asked`` keeps the handles that sensors were read from.
    """

    NVMLError = NVMLError
    uuids = ("GPU-aaaa1111-0000", "GPU-bbbb2222-0000", "GPU-bbbb3333-0000")

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.values = dict(VALUES)
        self.failing: set[str] = set()
        self.asked: set[int] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.values:
            raise AttributeError(name)

        def sensor(handle: int, *arguments: int) -> Any:
            self._may_fail(name)
            self.asked.add(handle)
            value = self.values[name]
            return value[arguments[0]] if isinstance(value, dict) else value

        return sensor

    def _may_fail(self, name: str) -> None:
        if name in self.failing:
            raise NVMLError("Not Supported")

    def nvmlInit(self) -> None:
        self._may_fail("nvmlInit")

    def nvmlSystemGetDriverVersion(self) -> str:
        self._may_fail("nvmlSystemGetDriverVersion")
        return "575.57.08"

    def nvmlDeviceGetCount(self) -> int:
        self._may_fail("nvmlDeviceGetCount")
        return len(self.uuids)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        self._may_fail("nvmlDeviceGetHandleByIndex")
        if index >= len(self.uuids):
            raise NVMLError("Invalid Argument")
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str:
        self._may_fail("nvmlDeviceGetUUID")
        return self.uuids[handle]


def install(monkeypatch: Any) -> FakeNvml:
    """Put the fake in the place of pynvml for one test."""
    nvml = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml
