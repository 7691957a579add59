"""Reads a CPU's counters at two moments and returns their differences: time stolen, quota used up, energy.

The clock really running is not among them. It comes from the ceiling's chain of dependent additions, because the
kernel's figure is the nominal clock on many virtual machines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flopsbench.host import system
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.power import POWERCAP, package_energy_j


class CpuReading(NamedTuple):
    """CpuReading holds the counters at one moment; None where there is no sensor.

    ``total_s`` is the time of all CPUs in seconds, ``steal_s`` the part of it that the hypervisor gave to others.
    """

    total_s: float | None
    steal_s: float | None
    throttled_periods: int | None
    energy_j: float | None


class CpuInterval(NamedTuple):
    """CpuInterval is the difference of two readings; ``steal_share`` is stolen time as a share of all CPU time."""

    steal_share: float | None
    throttled_periods: int | None
    energy_j: float | None


@dataclass(frozen=True, slots=True)
class CpuSensors:
    """CpuSensors are the sensors of the host; ``powercap`` and ``groups`` are where they are read from."""

    powercap: Path = POWERCAP
    groups: ControlGroups = field(default_factory=ControlGroups)

    def read(self) -> CpuReading:
        """Read all counters."""
        times = system.cpu_times()
        throttling = self.groups.throttling()
        return CpuReading(
            total_s=times.total_s if times else None,
            steal_s=times.steal_s if times else None,
            throttled_periods=throttling.throttled if throttling else None,
            energy_j=self.energy_j(),
        )

    def energy_j(self) -> float | None:
        """Return the joules of all packages since an unknown moment; None where they cannot be read."""
        return package_energy_j(self.powercap)


def between(before: CpuReading, after: CpuReading) -> CpuInterval:
    """Return the differences of two readings; None for a counter that went back (RAPL wraps) and for energy that
    stood still.
    """
    total = _difference(before.total_s, after.total_s)
    steal = _difference(before.steal_s, after.steal_s)
    throttled = _difference(before.throttled_periods, after.throttled_periods)
    return CpuInterval(
        steal_share=steal / total if steal is not None and total else None,
        throttled_periods=int(throttled) if throttled is not None else None,
        energy_j=_difference(before.energy_j, after.energy_j) or None,
    )


def _difference(before: float | None, after: float | None) -> float | None:
    """Return how far a counter advanced; None where it is not known or went back."""
    return after - before if before is not None and after is not None and after >= before else None
