"""Finds cases that a machine had and has no more: their proof failed, or its newest run lacks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import asdict

from flopsbench.result.keys import case_id
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case, Result
from flopsbench.track.history.folder import Place, Series, event_id, places, series_keys
from flopsbench.words.reason import Reason, joined


class Absence(NamedTuple):
    """An Absence says why a case has no rate now; ``id`` names that, so that it can be accepted."""

    verdict: Literal["failed", "missing", "inconclusive"]
    reason: str
    id: str


def absences(results: Sequence[Result], series: Sequence[Series]) -> dict[Place, Absence]:
    """Return every case without a rate in the newest Result that should have one; Results oldest first.

    A failed case fails until a newer Result has it right, or should have it and has it no more. Which cases a run
    should have is known from the earlier runs with the same options on the same hardware, and from all of them where
    the newest run of the machine is the first that asked otherwise: of two requests that take turns neither lacks what
    the other has. That the arithmetic or the device of a case changed does not make it missing: that began a new
    series.
    """
    found = _failures(results)
    for each in series:
        run = _should_have(each, results)
        if each.place not in found and each.case not in _measured(run):
            found[each.place] = _gone(each, run)
    return found


def _failures(results: Sequence[Result]) -> dict[Place, Absence]:
    """Return the cases that failed and have not been right since."""
    newest = {_run(result): result for result in results}
    failed: dict[Place, tuple[Result, Case]] = {}
    for result in results:
        for place, case in places(result):
            if case.status == "ok":
                failed.pop(place, None)
            elif case.status == "failed":
                failed[place] = result, case
    return {
        place: _failure(result, case)
        for place, (result, case) in failed.items()
        if (last := newest[_run(result)]) is result or last.interrupted
    }


def _failure(result: Result, case: Case) -> Absence:
    """Return the absence of a case that failed in a Result."""
    id = event_id("failed", case_id(case), series_keys(result, case), result)
    return Absence("failed", Reason("failed_in_result", reason=_told(case), day=result.created[:10]), id)


def _told(case: Case) -> str:
    """Return why a case has no rate, in both languages where its document says it so."""
    return as_reason(case.reason or "", case.reason_said)


def _run(result: Result) -> tuple[str, ...]:
    """Return what two runs that ask for the same cases have in common: hardware, profile and options."""
    return result.host.hardware_key, result.tool.profile, repr(result.tool.options)


def _should_have(series: Series, results: Sequence[Result]) -> Result:
    """Return the newest Result that a case is looked for in: of the same request, unless a new request came since."""
    here = [result for result in results if result.host.hardware_key == series.hardware_key]
    since = here.index(series.newest)
    if _run(here[-1]) not in {_run(result) for result in here[: since + 1]}:
        return here[-1]
    return next(result for result in reversed(here) if _run(result) == _run(series.newest))


def _measured(result: Result) -> dict[str, Case]:
    """Return the cases of a Result that have a rate, by their ids."""
    return {case_id(case): case for case in result.cases if case.stats}


def _gone(series: Series, run: Result) -> Absence:
    """Return the absence of a series that has no rate in the run that should have it."""
    id = series.id_at(-1, "missing")
    case = next((case for case in run.cases if case_id(case) == series.case), None)
    day = run.created[:10]
    if run.interrupted and (case is None or case.status == "skipped"):
        return Absence("inconclusive", Reason("newest_interrupted", day=day), id)
    if case:
        return Absence("missing", Reason("not_run_in_newest", day=day, reason=_told(case)), id)
    if _run(run) == _run(series.newest):
        reason = Reason("newest_lacks", day=day)
    else:
        asked = joined(_asked_otherwise(series.newest, run), "names_joined")
        reason = Reason("options_changed", day=series.newest.created[:10], asked=asked)
    alike = ", ".join(_newcomers(series, run))
    return Absence("missing", Reason("perhaps_new_name", reason=reason, alike=alike) if alike else reason, id)


def _asked_otherwise(before: Result, after: Result) -> Iterator[str]:
    """Yield what the later run was asked for that the earlier was not: "dtypes fp32,fp64 -> fp32"."""
    old, new = ({"profile": result.tool.profile} | asdict(result.tool.options) for result in (before, after))
    for name in old:
        if old[name] != new[name]:
            yield Reason("differs", name=name, base=_option_in_words(old[name]), new=_option_in_words(new[name]))


def _option_in_words(option: object) -> str:
    """Return an option in words; one that was not given is "by default"."""
    return (",".join(option) if isinstance(option, list) else str(option)) if option else Reason("by_default")


def _newcomers(series: Series, run: Result) -> Iterator[str]:
    """Yield what the run has of this shape on this device that the last Result of the series had not."""
    before = _measured(series.newest)
    last = before[series.case]
    for name, case in _measured(run).items():
        same = (case.device, case.m, case.n, case.k, case.layout) == (last.device, last.m, last.n, last.k, last.layout)
        if same and name not in before:
            yield f"{case.dtype} {case.backend} {case.kernel} {case.regime}"
