"""Watches the machine for a short time: which programs are busy, what the hypervisor takes, what is swapped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flopsbench.host.cgroup import ControlGroups, Throttling
from flopsbench.host.kernel.counters import CpuTicks, ProgramTicks, cpu_ticks, program_ticks, swapped_pages
from flopsbench.host.trees import Places
from flopsbench.units import general
from flopsbench.words.reason import Reason

WATCH_S = 2.0
WATCHED = Reason("watched_seconds", seconds=general(WATCH_S))


@dataclass(frozen=True, slots=True)
class Watch:
    """A Watch is what was seen in WATCH_S seconds. None where the kernel does not count.

    Shares are of the time of all CPUs; ``busiest`` names programs, the busiest first, with shares of one CPU.
    """

    busy_share: float | None
    steal_share: float | None
    steal_share_since_boot: float | None
    swapped_pages: int | None
    throttled_periods: int | None
    busiest: tuple[tuple[str, float], ...]


class _CpuShares(NamedTuple):
    """_CpuShares are shares of the time of all CPUs: what programs used, and what the hypervisor gave to others."""

    busy: float
    steal: float


@dataclass(frozen=True, slots=True)
class _Counters:
    """_Counters are all counters at one moment."""

    ticks: CpuTicks | None
    swapped_pages: int | None
    throttling: Throttling | None
    programs: Mapping[int, ProgramTicks]


def watch(places: Places, sleep: Callable[[float], None] = time.sleep) -> Watch:
    """Read the counters twice, WATCH_S seconds apart; asleep in between, so as not to count itself."""
    before = _counters(places)
    began = time.monotonic()
    sleep(WATCH_S)
    elapsed_s = max(time.monotonic() - began, 1e-3)
    after = _counters(places)
    passed = _shares(before.ticks, after.ticks)
    whole = _shares(CpuTicks(0, 0, 0, 0, 0, 0, 0, 0), after.ticks)
    return Watch(
        busy_share=passed.busy if passed else None,
        steal_share=passed.steal if passed else None,
        steal_share_since_boot=whole.steal if whole else None,
        swapped_pages=_advance(before.swapped_pages, after.swapped_pages),
        throttled_periods=_advance(_throttled(before), _throttled(after)),
        busiest=_busiest(before.programs, after.programs, elapsed_s),
    )


def _counters(places: Places) -> _Counters:
    """Read all counters."""
    throttling = ControlGroups.at(places).throttling()
    return _Counters(cpu_ticks(places), swapped_pages(places), throttling, program_ticks(places))


def _shares(before: CpuTicks | None, after: CpuTicks | None) -> _CpuShares | None:
    """Return the shares of the time between two readings; None where no time passed.

    A counter that steps back a little, as some do, counts as standing still.
    """
    if before is None or after is None:
        return None
    passed = CpuTicks(*(max(0, late - early) for early, late in zip(before, after, strict=True)))
    total = sum(passed)
    if not total:
        return None
    steal = passed.steal / total
    return _CpuShares(1 - passed.idle / total - passed.iowait / total - steal, steal)


def _busiest(
    before: Mapping[int, ProgramTicks], after: Mapping[int, ProgramTicks], elapsed_s: float
) -> tuple[tuple[str, float], ...]:
    """Return the share of one CPU that each program used, all processes of one name together, the busiest first."""
    ticks_per_second = os.sysconf("SC_CLK_TCK") if after else 1  # who shows programs has that, too
    used: dict[str, float] = {}
    for process, program in after.items():
        passed = program.ticks - before.get(process, program).ticks
        used[program.name] = used.get(program.name, 0) + max(0, passed) / ticks_per_second / elapsed_s
    return tuple(sorted(used.items(), key=lambda item: -item[1]))


def _throttled(counters: _Counters) -> int | None:
    """Return the periods in which the CPU quota ran out so far."""
    return counters.throttling.throttled if counters.throttling else None


def _advance(before: int | None, after: int | None) -> int | None:
    """Return how far a counter advanced, 0 where it stepped back; None where it is not known."""
    return max(0, after - before) if before is not None and after is not None else None
