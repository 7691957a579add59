"""What Linux tells about a CPU between two moments: time stolen, quota used up, load, energy.

The clock really running comes from the ceiling's chain of dependent additions, not from here: the kernel's figure
is the nominal clock on many virtual machines.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from flopsbench.host.cgroup import ControlGroups

POWERCAP = Path("/sys/class/powercap")


class CpuReading(NamedTuple):
    """Counters at one moment; None where there is no sensor."""

    total_s: float
    steal_s: float | None
    throttled_periods: int | None
    energy_j: float | None


class CpuInterval(NamedTuple):
    """What happened between two readings."""

    steal_share: float | None
    throttled_periods: int | None
    energy_j: float | None


@dataclass(frozen=True, slots=True)
class CpuSensors:
    """The sensors of the host; ``powercap`` and ``groups`` are where they are read from."""

    powercap: Path = POWERCAP
    groups: ControlGroups = field(default_factory=ControlGroups)

    def read(self) -> CpuReading:
        """All counters now."""
        times = psutil.cpu_times()
        throttling = self.groups.throttling()
        return CpuReading(
            total_s=sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0),  # in user already
            steal_s=getattr(times, "steal", None),
            throttled_periods=throttling.throttled if throttling else None,
            energy_j=self.energy_j(),
        )

    def energy_j(self) -> float | None:
        """Energy of all packages since some moment, by RAPL; None where it cannot be read (it often needs root)."""
        try:
            packages = [folder for folder in self.powercap.glob("intel-rapl:*") if _is_package(folder)]
            return sum(int((folder / "energy_uj").read_text()) for folder in packages) / 1e6 if packages else None
        except (OSError, ValueError):
            return None


def _is_package(folder: Path) -> bool:
    """Not a part of a package (intel-rapl:0:0), nor the whole platform (psys), which holds the packages again."""
    return folder.name.count(":") == 1 and (folder / "name").read_text().strip() != "psys"


def between(before: CpuReading, after: CpuReading) -> CpuInterval:
    """Differences of two readings; absent where a counter went backwards (RAPL wraps) or energy stood still."""
    total = after.total_s - before.total_s
    steal = _difference(before.steal_s, after.steal_s)
    throttled = _difference(before.throttled_periods, after.throttled_periods)
    return CpuInterval(
        steal_share=steal / total if steal is not None and total > 0 else None,
        throttled_periods=int(throttled) if throttled is not None else None,
        energy_j=_difference(before.energy_j, after.energy_j) or None,
    )


def _difference(before: float | None, after: float | None) -> float | None:
    return after - before if before is not None and after is not None and after >= before else None


def load() -> float | None:
    """Runnable processes over the last minute; None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
