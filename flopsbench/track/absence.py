"""Cases that a machine had and has no more: their proof failed, or the newest run like the last one lacks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from flopsbench.result import Case, Result, case_id
from flopsbench.track.history import Place, Series, places


class Absence(NamedTuple):
    """Why a case has no rate now, in a sentence."""

    case: str
    verdict: Literal["failed", "missing"]
    reason: str


def absences(results: Sequence[Result], series: Iterable[Series]) -> dict[Place, Absence]:
    """Every case without a rate in the newest Result that should have one; Results oldest first.

    Which cases a run should have is known from the earlier runs with the same options on the same hardware. That the
    arithmetic or the device of a case changed does not make it missing: that began a new series.
    """
    newest: dict[tuple[str, ...], Result] = {}
    found: dict[Place, Absence] = {}
    for result in results:
        newest[_run(result)] = result
        for place, case in places(result):
            if case.status == "ok":
                found.pop(place, None)
            elif case.status == "failed":
                found[place] = Absence(case_id(case), "failed", f"{case.reason} (Result of {result.created[:10]})")
    for each in series:
        run = newest[_run(each.newest)]
        if each.place not in found and each.case not in _measured(run):
            found[each.place] = Absence(each.case, "missing", _why_missing(each, run))
    return found


def _run(result: Result) -> tuple[str, ...]:
    """What makes two runs ask for the same cases."""
    return result.host.hardware_key, result.tool.profile, repr(result.tool.options)


def _measured(result: Result) -> dict[str, Case]:
    return {case_id(case): case for case in result.cases if case.stats}


def _why_missing(series: Series, run: Result) -> str:
    day = run.created[:10]
    case = next((case for case in run.cases if case_id(case) == series.case), None)
    if case:
        return f"not run in the newest Result ({day}): {case.reason}"
    known = f"the newest Result ({day}) lacks it, with the same options as the last that has it"
    if run.interrupted:
        return f"{known}; that run was interrupted"
    alike = list(_newcomers(series, run))
    return f"{known}; {', '.join(alike)} of the same shape is new there, perhaps its new name" if alike else known


def _newcomers(series: Series, run: Result) -> Iterator[str]:
    """What the run has of this shape on this device that the last Result of the series had not."""
    before = _measured(series.newest)
    last = before[series.case]
    for name, case in _measured(run).items():
        same = (case.device, case.m, case.n, case.k, case.layout) == (last.device, last.m, last.n, last.k, last.layout)
        if same and name not in before:
            yield f"{case.dtype} {case.backend} {case.kernel} {case.regime}"
