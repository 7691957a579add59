"""Stands in the place of pynvml: one board under load, whose energy follows its power."""

import sys

import board

from tests.telemetry.fake_pynvml import FakeNvml


class OneBoard(FakeNvml):
    """A driver that knows the board of this rehearsal."""

    uuids = (f"GPU-{board.UUID}",)

    def __init__(self):
        super().__init__()
        self.values |= {
            "nvmlDeviceGetName": board.NAME,
            "nvmlDeviceGetClockInfo": {1: board.CLOCK_MHZ, 2: 3201},
            "nvmlDeviceGetMaxClockInfo": {1: board.HIGHEST_MHZ},
            "nvmlDeviceGetPowerUsage": board.POWER_MW,
            "nvmlDeviceGetCurrentClocksEventReasons": 0x4,
            "nvmlDeviceGetComputeRunningProcesses": [],
        }

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        return board.energy_mj()


sys.modules[__name__] = OneBoard()
