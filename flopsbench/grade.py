"""How far a measurement can be trusted, A to C, with the reasons in plain words; and flags, which cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from flopsbench.result import Host, Process, Stats

Letter = Literal["A", "B", "C"]

BUSY, VERY_BUSY = 0.1, 0.5  # share of the CPUs
STEADY = 0.97  # of the other: two ceilings around one block that differ by more say that the machine changed in between
MISMATCH = 0.05  # device clock against host clock
ABOVE_CEILING = 0.05  # the scatter of paired ceilings on a shared machine
HARMLESS = {"gpu_idle", "applications_clocks_setting", "display_clock_setting"}  # no work, or asked for
SLOWDOWNS = {"hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that went against the measurement, the best grade it leaves, and the sentence for the reader."""

    best: Letter
    sentence: str


def grade(processes: Sequence[Process], stats: Stats, host: Host) -> tuple[Letter, list[str]]:
    """The grade and every reason why it is not better; raise nothing, whatever is absent."""
    doubts = list(_doubts(processes, stats, host))
    letter: Letter = max((doubt.best for doubt in doubts), default="A")
    return letter, [doubt.sentence for doubt in doubts]


def _doubts(processes: Sequence[Process], stats: Stats, host: Host) -> Iterator[Doubt]:
    yield from _width(stats)
    yield from _shares(processes)
    yield from _slowed(processes)
    yield from _surroundings(host)
    yield from _above(stats)
    if timing_mismatch(processes):
        yield Doubt("C", "the device's clock and the host's clock disagree by more than 5 %")


def _width(stats: Stats) -> Iterator[Doubt]:
    rate = stats.rate
    half = (rate.high - rate.low) / 2 / rate.median
    if half > 0.05:
        yield Doubt("C", f"the interval is wide: ±{half:.0%}")
    elif half > 0.02:
        yield Doubt("B", f"the interval is ±{half:.1%}")


def _above(stats: Stats) -> Iterator[Doubt]:
    """Faster than the silicon's measured limit: something disturbed the one or flattered the other."""
    share = stats.efficiency.ceiling or 0
    if share > 1 + ABOVE_CEILING:
        yield Doubt("C", f"it stands {share - 1:.0%} above its own ceiling, so one of the two was disturbed")


def _shares(processes: Sequence[Process]) -> Iterator[Doubt]:
    steal = max((process.telemetry.steal_share or 0 for process in processes), default=0)
    if steal > 0.01:
        yield Doubt("C" if steal > 0.1 else "B", f"the hypervisor took {steal:.0%} of the CPU time")
    pairs = [pair for process in processes for pair in process.block_ceilings]
    unsteady = [True for before, after in pairs if after < STEADY * before or before < STEADY * after]
    if pairs and len(unsteady) > len(pairs) / 2:
        told = f"around {len(unsteady)} of {len(pairs)} blocks"
        yield Doubt("B", f"the machine's own ceiling moved by more than 3 % {told}")


def _slowed(processes: Sequence[Process]) -> Iterator[Doubt]:
    periods = sum(process.telemetry.throttled_periods or 0 for process in processes)
    if periods:
        yield Doubt("C", f"the CPU quota ran out in {periods} periods")
    reasons = {reason for process in processes for reason in process.telemetry.throttle_reasons}
    if reasons & SLOWDOWNS:
        yield Doubt("C", f"the GPU slowed itself down: {', '.join(sorted(reasons & SLOWDOWNS))}")


def _surroundings(host: Host) -> Iterator[Doubt]:
    """What the machine was doing besides, looked at before the run."""
    busy = host.busy_share or 0
    if busy > BUSY:
        yield Doubt("C" if busy > VERY_BUSY else "B", f"other programs used {busy:.0%} of the CPUs before the run")
    if host.on_battery:
        yield Doubt("B", "it ran on battery")


def timing_mismatch(processes: Sequence[Process]) -> bool:
    """Whether device and host clocks differ by more than 5 % in most blocks, as without a synchronisation.

    A single block may: the host is interrupted for a millisecond now and then.
    """
    pairs = [pair for each in processes for pair in zip(each.block_s, each.host_block_s, strict=False)]
    least, most = 1 - MISMATCH, 1 + MISMATCH
    apart = [True for device_s, host_s in pairs if not least * host_s <= device_s <= most * host_s]
    return len(apart) > len(pairs) / 2


def flags(processes: Sequence[Process], stats: Stats) -> list[str]:
    """Short machine-readable remarks."""
    found = []
    if timing_mismatch(processes):
        found.append("timing_mismatch")
    if (stats.efficiency.ceiling or 0) > 1 + ABOVE_CEILING:
        found.append("above_ceiling")
    if (stats.efficiency.peak or 0) > 1:
        found.append("above_datasheet_peak")
    if any(set(process.telemetry.throttle_reasons) - HARMLESS for process in processes):
        found.append("throttled")
    return found
