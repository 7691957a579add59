"""Gathers what the Results of one side know of a case or a call: what is proven, and comparable with the newest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from flopsbench.analysis.grade import is_loaded
from flopsbench.dtype import Unit
from flopsbench.errors import NotComparable
from flopsbench.result.keys import Tracked, tracked_in
from flopsbench.result.types import Case, Result
from flopsbench.result.work import is_sound
from flopsbench.track.differences import keys
from flopsbench.words.reason import Reason

MATCHED = ("dtype", "shape", "layout", "backend", "kernel", "regime")  # the keys that a case is found again by

CaseKeys = tuple[str, ...]  # a case by its values of MATCHED, its device first; a call by its name
CALL = "call"  # which no operation is called


@dataclass(frozen=True, slots=True)
class Pool:
    """A Pool is one case or call on one side: as the newest Result has it, and its proven measurements, oldest first.

    ``keys`` are the comparability keys that all its measurements share. ``loaded`` is whether other programs kept the
    machine busy in half of them.
    """

    newest: Tracked
    measured: Sequence[Tracked]
    keys: Mapping[str, str]
    loaded: bool = False

    @property
    def rate_per_s(self) -> float:
        """Return the median of the measurements' medians."""
        return median(case.stats.rate.median for case in self.measured if case.stats)

    @property
    def unit(self) -> Unit:
        """Return what the rates are counted in."""
        return next(case.stats.unit for case in self.measured if case.stats)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the lowest and the highest end of the Results' own intervals, relative to the rate."""
        rates = [case.stats.rate for case in self.measured if case.stats]
        return min(rate.low for rate in rates) / self.rate_per_s, max(rate.high for rate in rates) / self.rate_per_s

    @property
    def ceiling_share(self) -> float | None:
        """Return the rate over its ceiling; None unless every measurement has one."""
        shares = [case.stats.efficiency.ceiling for case in self.measured if case.stats]
        known = [share for share in shares if share]
        return median(known) if known and len(known) == len(shares) else None


def pools(results: Sequence[Result], allowed: Collection[str]) -> dict[CaseKeys, Pool]:
    """Return the pool of every case of one side; raise NotComparable where two cases of a Result have the same keys."""
    found: dict[CaseKeys, list[_Pooled]] = {}
    for result in results:
        seen: dict[CaseKeys, str] = {}
        for tracked in tracked_in(result):
            own = keys(result, tracked)
            matched = _matched(tracked, own, allowed)
            name = tracked.case if isinstance(tracked, Case) else tracked.name
            if matched in seen:
                raise NotComparable(Reason("one_case_once", case=seen[matched], other=name, names=", ".join(allowed)))
            seen[matched] = name
            found.setdefault(matched, []).append(_Pooled(tracked, own, is_loaded(tracked.processes, result.host)))
    return {matched: _pool(cases) for matched, cases in found.items()}


def _matched(tracked: Tracked, own: Mapping[str, str], allowed: Collection[str]) -> CaseKeys:
    """Return what a case or a call of the other side must have to be the same: no two operations compare."""
    if not isinstance(tracked, Case):
        return CALL, tracked.name
    place = (tracked.op,) if "device" in allowed else (tracked.op, tracked.device)
    return (*place, *(own[name] for name in MATCHED if name not in allowed))


class _Pooled(NamedTuple):
    """A _Pooled is one case or call of one Result, its comparability keys, and whether the machine was kept busy."""

    case: Tracked
    keys: Mapping[str, str]
    loaded: bool


def _pool(taken: Sequence[_Pooled]) -> Pool:
    """Return the pool of one case: of its proven measurements those that are comparable with the newest."""
    proven = [each for each in taken if is_proven(each.case)]
    newest_keys = (proven or taken)[-1].keys
    measured = [each for each in proven if each.keys == newest_keys]
    loaded = [each for each in measured if each.loaded]
    return Pool(taken[-1].case, [each.case for each in measured], newest_keys, 2 * len(loaded) >= len(measured) > 0)


def is_proven(tracked: Tracked) -> bool:
    """Return whether a case has a rate and its product was proven right; a call has no product that could be."""
    return tracked.stats is not None and (not isinstance(tracked, Case) or is_sound(tracked))
