"""Advises, by what the document shows, why a rate lies far below the machine's own ceiling and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from flopsbench.analysis.causes.boards import by_throttling
from flopsbench.analysis.causes.cores import (
    by_clock,
    by_neighbours,
    by_nodes,
    by_quota,
    by_siblings,
    by_threads,
    thread_setting,
)
from flopsbench.analysis.causes.shape import by_power_of_two, by_size
from flopsbench.analysis.causes.slow import Cause, Slow, slow
from flopsbench.analysis.causes.vectors import by_build, by_kernel, by_setting, by_vendor, limiting_setting
from flopsbench.analysis.vendor import is_own
from flopsbench.result.keys import implementation
from flopsbench.result.types import Result
from flopsbench.units import share
from flopsbench.words.catalogue import Value
from flopsbench.words.reason import Reason

LOW = 0.75  # of the ceiling: a good BLAS on an idle machine does better at the default sizes
CLEARLY_FASTER = 1.1
MOST_ADVICE = 5

Look = Callable[[Slow], Cause | None]
# What may hold a rate down, in the order in which it is looked for: what a variable changes comes first.
CAUSES: Sequence[Look] = (
    *(by_setting, by_kernel, by_vendor, by_build),
    *(by_threads, by_quota, by_siblings, by_nodes),
    by_throttling,
    *(by_size, by_clock),
)


class Advice(NamedTuple):
    """An Advice is what holds some cases down and what to do; ``missing`` sums what they lack of their ceilings."""

    sentence: Reason
    missing: float


def advice(result: Result) -> list[Reason]:
    """Return the sentences of all advice on a Result."""
    return [each.sentence for each in advised(result)]


def advised(result: Result) -> list[Advice]:
    """Return what holds down the cases that are far below their ceiling, the lowest first; those of one cause together.

    Where none is low, what costs a little. Where the vendor's GEMM was measured, own kernels are left out: the vendor's
    rate is what they are to reach.
    """
    known = [found for case in result.cases if (found := slow(case, result))]
    measured = [each for each in known if not is_own(each.case)] or known
    low = sorted((each for each in measured if each.share < LOW), key=lambda each: each.share)
    causes = {each.case.case: cause for each in low if (cause := _cause(each, measured))}
    if not low:
        nearly = ((each, by_power_of_two(each)) for each in measured)
        causes = {each.case.case: found.sentence for each, found in nearly if found}
    told = [each for each in measured if each.case.case in causes]
    told.sort(key=lambda each: each.share)
    return list(_lines(told, causes))[:MOST_ADVICE]


def _lines(told: Sequence[Slow], causes: dict[str, Reason]) -> Iterator[Advice]:
    """Yield one line for the cases of one kernel and one cause."""
    groups: dict[tuple[str, str, bool, str], list[Slow]] = {}
    for each in told:
        by, cause = implementation(each.case.backend, each.case.kernel), causes[each.case.case]
        groups.setdefault((by, each.case.device, each.of_ceiling, cause), []).append(each)
    for (by, device, of_ceiling, _), group in groups.items():
        cause = causes[group[0].case.case]
        dtypes = ", ".join(dict.fromkeys(each.case.dtype for each in group))
        board = [] if group[0].is_host else [device]
        shares = dict.fromkeys((share(group[0].share), share(group[-1].share)))
        values: dict[str, Value] = {
            "cases": " ".join((dtypes, by, *board)),
            "share": " - ".join(shares),
            "cause": (cause.text("en"), cause.text("zh")),
        }
        sentence = Reason("slow_because", **values) if of_ceiling else Reason("slow_of_peak_because", **values)
        yield Advice(sentence, sum(1 - each.share for each in group))


def _cause(each: Slow, measured: Sequence[Slow]) -> Reason | None:
    """Return the first cause that explains half of what is missing; else noise, if that can; else what was found."""
    found = [cause for look in CAUSES if (cause := look(each))]
    enough = next((cause for cause in found if cause.explains(each.share)), None)
    if enough:
        return enough.sentence
    if each.of_ceiling and _reach(each) >= LOW:
        return _in_doubt(each)
    if found:
        return min(found, key=lambda cause: cause.factor).sentence
    if not each.of_ceiling:  # a datasheet's peak is no rate that anybody has seen
        return None
    if others := by_neighbours(each):
        return others.sentence
    return _faster_rival(each, measured) or Reason("unexplained", library=each.library)


def _reach(each: Slow) -> float:
    """Return the share of the ceiling at the upper end of the rate's interval."""
    rate = each.case.stats.rate if each.case.stats else None
    return each.share * rate.high / rate.median if rate else each.share


def _in_doubt(each: Slow) -> Reason:
    """Return that the interval reaches what would not be slow."""
    return Reason("measurement_in_doubt", reach=share(_reach(each)))


def _faster_rival(each: Slow, measured: Sequence[Slow]) -> Reason | None:
    """Return that another library is clearly nearer to the same ceiling, if one is."""
    key = each.case.dtype, each.case.device, each.of_ceiling
    same = [other for other in measured if (other.case.dtype, other.case.device, other.of_ceiling) == key]
    best = max(same, key=lambda other: other.share)
    if best.share <= CLEARLY_FASTER * each.share:
        return None
    told = {"rival": best.case.backend, "faster": best.library, "share": share(best.share)}
    return Reason("library_is_the_limit", **told, library=each.library)


def limiting_settings(result: Result) -> list[str]:
    """Return the variables that took instructions or threads from what was measured, each "NAME=value"."""
    found: dict[str, None] = {}
    for each in (seen for case in result.cases if (seen := slow(case, result))):
        narrow, fewer = limiting_setting(each), thread_setting(each)
        found |= {f"{narrow[0].name}={narrow[1]}": None} if narrow else {}
        found |= {f"{fewer[0]}={fewer[1]}": None} if fewer else {}
    return list(found)
