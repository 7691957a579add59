"""What happens on the machine during a short look at it: who is busy, what is stolen, what is swapped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flopsbench.host.cgroup import Throttling
from flopsbench.host.trees import Places, read

WATCH_S = 2.0
_IDLE, _IOWAIT, _STEAL = 3, 4, 7  # columns of the first line of /proc/stat (proc(5)); then guest, which is in user
_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen. Shares are of all CPUs; ``busiest`` names programs, the busiest first, with shares of one CPU.

    None where the kernel does not count.
    """

    busy_share: float | None
    steal_share: float | None
    steal_share_since_boot: float | None
    swapped_pages: int | None
    throttled_periods: int | None
    busiest: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Counters:
    ticks: tuple[int, ...] | None
    swapped_pages: int | None
    throttling: Throttling | None
    processes: dict[int, tuple[str, int]]


def watch(places: Places, sleep: Callable[[float], None] = time.sleep) -> Watch:
    """Look at the counters twice, WATCH_S seconds apart; asleep in between, so as not to see itself."""
    before = _read(places)
    began = time.monotonic()
    sleep(WATCH_S)
    elapsed_s = max(time.monotonic() - began, 1e-3)
    after = _read(places)
    passed = _shares(before.ticks, after.ticks)
    whole = _shares((0,) * _COLUMNS, after.ticks)
    return Watch(
        busy_share=1 - passed[_IDLE] - passed[_IOWAIT] - passed[_STEAL] if passed else None,
        steal_share=passed[_STEAL] if passed else None,
        steal_share_since_boot=whole[_STEAL] if whole else None,
        swapped_pages=_difference(before.swapped_pages, after.swapped_pages),
        throttled_periods=_difference(_throttled(before), _throttled(after)),
        busiest=_busiest(before.processes, after.processes, elapsed_s),
    )


def _read(places: Places) -> _Counters:
    return _Counters(
        _ticks(places.proc), _swapped_pages(places.proc), places.groups.throttling(), _processes(places.proc)
    )


def _ticks(proc: Path) -> tuple[int, ...] | None:
    words = (read(proc / "stat") or "").partition("\n")[0].split()
    numbers = tuple(int(word) for word in words[1:] if word.isdecimal())[:_COLUMNS]
    return numbers if words[:1] == ["cpu"] and len(numbers) == _COLUMNS else None


def _shares(before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> tuple[float, ...] | None:
    """Shares of the time between two readings; None where no time passed. A counter may step back a little."""
    if before is None or after is None:
        return None
    passed = [max(0, late - early) for early, late in zip(before, after, strict=True)]
    return tuple(ticks / sum(passed) for ticks in passed) if sum(passed) else None


def _swapped_pages(proc: Path) -> int | None:
    lines = (line.split() for line in (read(proc / "vmstat") or "").splitlines())
    counts = [int(words[1]) for words in lines if len(words) == 2 and words[0] in ("pswpin", "pswpout")]
    return sum(counts) if counts else None


def _processes(proc: Path) -> dict[int, tuple[str, int]]:
    """The programs that can be seen, by number: name and ticks used. Names alone: arguments may hold secrets."""
    seen = {}
    for folder in proc.glob("[0-9]*"):
        name, _, rest = (read(folder / "stat") or "").partition("(")[2].rpartition(")")
        words = rest.split()
        if int(folder.name) != os.getpid() and len(words) > 12:
            seen[int(folder.name)] = name, int(words[11]) + int(words[12])  # utime, stime
    return seen


def _busiest(
    before: dict[int, tuple[str, int]], after: dict[int, tuple[str, int]], elapsed_s: float
) -> tuple[tuple[str, float], ...]:
    ticks_a_second = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    for process, (name, ticks) in after.items():
        passed = ticks - before.get(process, (name, ticks))[1]
        used[name] = used.get(name, 0) + max(0, passed) / ticks_a_second / elapsed_s
    return tuple(sorted(used.items(), key=lambda item: -item[1]))


def _throttled(counters: _Counters) -> int | None:
    return counters.throttling.throttled if counters.throttling else None


def _difference(before: int | None, after: int | None) -> int | None:
    return max(0, after - before) if before is not None and after is not None else None
