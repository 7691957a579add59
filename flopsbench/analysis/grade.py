"""Grades how far a measurement can be trusted, A to C, with the reasons in plain words; flags cost no grade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import truediv
from typing import NamedTuple

from flopsbench.result.throttle import HARMLESS, SLOWDOWNS
from flopsbench.result.types import Host, Letter, Process, Stats
from flopsbench.units import share
from flopsbench.words.reason import Reason

BUSY, VERY_BUSY = 0.1, 0.5  # share of the CPUs
STOLEN, MUCH_STOLEN = 0.01, 0.1  # share of the CPU time, by other guests of the host; less comes with any hypervisor
STEADY = 0.97  # of the other: two ceilings around one block that differ by more say that the machine changed in between
MISMATCH = 0.05  # device clock against host clock
ABOVE_CEILING = 0.05  # the scatter of paired ceilings on a shared machine


@dataclass(frozen=True, slots=True)
class Doubt:
    """A Doubt is something that went against the measurement: the best grade it leaves, and a sentence about it."""

    best: Letter
    sentence: Reason


class Grade(NamedTuple):
    """A Grade is a letter, every reason why it is not better, and flags: short machine-readable remarks."""

    letter: Letter
    reasons: list[Reason]
    flags: list[str]


def grade(processes: Sequence[Process], stats: Stats, host: Host) -> Grade:
    """Grade one case; raise nothing, whatever is absent."""
    flags = list(_flags(processes, stats))
    doubts = list(_doubts(processes, stats, host, flags))
    letter: Letter = max([doubt.best for doubt in doubts], default="A")
    return Grade(letter, [doubt.sentence for doubt in doubts], flags)


def _doubts(processes: Sequence[Process], stats: Stats, host: Host, flags: Sequence[str]) -> Iterator[Doubt]:
    """Yield every doubt about one case."""
    yield from _width(stats)
    yield from _shares(processes)
    yield from _slowed(processes)
    yield from _surroundings(host)
    if "above_ceiling" in flags:  # something disturbed the one or flattered the other
        excess = (stats.efficiency.ceiling or 0) - 1
        yield Doubt("C", Reason("above_own_ceiling", excess=share(excess)))
    if "timing_mismatch" in flags:
        yield Doubt("C", Reason("clocks_disagree"))


def _flags(processes: Sequence[Process], stats: Stats) -> Iterator[str]:
    """Yield the machine-readable remarks on one case."""
    if timing_mismatch(processes):
        yield "timing_mismatch"
    if (stats.efficiency.ceiling or 0) > 1 + ABOVE_CEILING:
        yield "above_ceiling"
    if (stats.efficiency.peak or 0) > 1:
        yield "above_datasheet_peak"
    if any(set(process.telemetry.throttle_reasons) - HARMLESS for process in processes):
        yield "throttled"


def _width(stats: Stats) -> Iterator[Doubt]:
    """Yield a doubt where the interval is wide."""
    rate = stats.rate
    half = (rate.high - rate.low) / 2 / rate.median
    if half > 0.05:
        yield Doubt("C", Reason("interval_wide", half_width=share(half)))
    elif half > 0.02:
        yield Doubt("B", Reason("interval_noticeable", half_width=share(half, 1)))


def _shares(processes: Sequence[Process]) -> Iterator[Doubt]:
    """Yield doubts about stolen CPU time and about a ceiling that moved."""
    steal = max((process.telemetry.steal_share or 0 for process in processes), default=0)
    if steal > STOLEN:
        yield Doubt("C" if steal > MUCH_STOLEN else "B", Reason("stolen_time", stolen=share(steal)))
    blocks = sum([len(process.block_ceilings) for process in processes])
    unsteady = [
        True
        for process in processes
        for before, after in process.block_ceilings
        if after < STEADY * before or before < STEADY * after
    ]
    if len(unsteady) > blocks / 2:
        yield Doubt("B", Reason("unsteady_ceiling", unsteady=len(unsteady), blocks=blocks))


def _slowed(processes: Sequence[Process]) -> Iterator[Doubt]:
    """Yield doubts about what held the chip back: a CPU quota, throttling."""
    periods = sum(process.telemetry.throttled_periods or 0 for process in processes)
    if periods:
        yield Doubt("C", Reason("quota_ran_out", periods=periods))
    reasons = {reason for process in processes for reason in process.telemetry.throttle_reasons}
    if reasons & SLOWDOWNS:
        yield Doubt("C", Reason("gpu_slowed_down", reasons=", ".join(sorted(reasons & SLOWDOWNS))))


def _surroundings(host: Host) -> Iterator[Doubt]:
    """Yield doubts about what the machine was doing besides, as it was seen before the run."""
    busy = host.busy_share or 0
    if busy > BUSY:
        yield Doubt("C" if busy > VERY_BUSY else "B", Reason("busy_before", busy=share(busy)))
    if host.on_battery:
        yield Doubt("B", Reason("on_battery"))


def is_loaded(processes: Sequence[Process], host: Host) -> bool:
    """Return whether other programs or guests took so much of the machine that its rates are graded C for that."""
    stolen = max((process.telemetry.steal_share or 0 for process in processes), default=0)
    return stolen > MUCH_STOLEN or (host.busy_share or 0) > VERY_BUSY


def timing_mismatch(processes: Sequence[Process]) -> bool:
    """Return whether device and host clocks differ by more than 5 % in most blocks, as without a synchronisation.

    A single block may: the host is interrupted for a millisecond now and then.
    """
    ratios = [ratio for each in processes for ratio in map(truediv, each.block_s, each.host_block_s)]
    least, most = 1 - MISMATCH, 1 + MISMATCH
    apart = [True for ratio in ratios if not least <= ratio <= most]
    return len(apart) > len(ratios) / 2
