"""Finds cases and calls that a machine had and has no more: they failed, or its newest run lacks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import asdict

from flopsbench.result.keys import Tracked, name_of
from flopsbench.result.said import as_reason
from flopsbench.result.types import Call, Result
from flopsbench.track.differences import kinds_of_calls
from flopsbench.track.history.series import (
    Place,
    Series,
    dated,
    event_id,
    places,
    series_keys,
)
from flopsbench.words.reason import Reason, joined

MOST_ALIKE = 3  # cases or calls that may be another by a new name


class Absence(NamedTuple):
    """An Absence says why a case has no rate now; ``id`` names that, so that it can be accepted."""

    verdict: Literal["failed", "missing", "inconclusive"]
    reason: str
    id: str


def absences(results: Sequence[Result], series: Sequence[Series]) -> dict[Place, Absence]:
    """Return every case without a rate in the newest Result that should have one; Results in the order of commits.

    A failed case fails until a newer Result has it right, or should have it and has it no more. Which cases a run
    should have is known from the earlier runs with the same options on the same hardware, and from all of them where
    the newest run of the machine is the first that asked otherwise: of two requests that take turns neither lacks what
    the other has. That the arithmetic or the device of a case changed does not make it missing: that began a new
    series. Calls are held to the same.
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
    failed: dict[Place, tuple[Result, Tracked]] = {}
    for result in results:
        for place, tracked in places(result):
            if tracked.status == "ok":
                failed.pop(place, None)
            elif tracked.status == "failed":
                failed[place] = result, tracked
    return {
        place: _failure(result, tracked)
        for place, (result, tracked) in failed.items()
        if (last := newest[_run(result)]) is result or last.interrupted
    }


def _failure(result: Result, tracked: Tracked) -> Absence:
    """Return the absence of a case that failed in a Result."""
    id = event_id("failed", name_of(tracked), series_keys(result, tracked), result)
    return Absence("failed", Reason("failed_in_result", reason=_told(tracked), day=dated(result)), id)


def _told(tracked: Tracked) -> str:
    """Return why a case has no rate, in both languages where its document says it so."""
    return as_reason(tracked.reason or "", tracked.reason_said)


def _run(result: Result) -> tuple[str, ...]:
    """Return what two runs that ask for the same cases have in common: hardware, profile and options."""
    return result.host.hardware_key, result.tool.profile, repr(result.tool.options)


def _should_have(series: Series, results: Sequence[Result]) -> Result:
    """Return the newest Result that a case is looked for in: of the same request, unless a new request came since."""
    here = [result for result in results if _may_have(series, result)]
    since = here.index(series.newest)
    if _run(here[-1]) not in {_run(result) for result in here[: since + 1]}:
        return here[-1]
    return next(result for result in reversed(here) if _run(result) == _run(series.newest))


def _may_have(series: Series, result: Result) -> bool:
    """Return whether a Result is of the machine of a series, and of the kind of code that the series is of."""
    if result.host.hardware_key != series.hardware_key:
        return False
    of_calls = bool(result.calls or result.tool.options.calls)
    if "calls" in series.keys:
        return of_calls and kinds_of_calls(result) == series.keys["calls"]
    return bool(result.cases) or not of_calls


def _measured(result: Result) -> dict[str, Tracked]:
    """Return the cases and calls of a Result that have a rate, by their names."""
    return {name_of(tracked): tracked for _, tracked in places(result) if tracked.stats}


def _gone(series: Series, run: Result) -> Absence:
    """Return the absence of a series that has no rate in the run that should have it."""
    id = series.id_at(-1, "missing")
    tracked = next((tracked for _, tracked in places(run) if name_of(tracked) == series.case), None)
    day = dated(run)
    if run.interrupted and (tracked is None or tracked.status == "skipped"):
        return Absence("inconclusive", Reason("newest_interrupted", day=day), id)
    if tracked:
        return Absence("missing", Reason("not_run_in_newest", day=day, reason=_told(tracked)), id)
    if _run(run) == _run(series.newest):
        reason = Reason("newest_lacks", day=day)
    else:
        asked = joined(_asked_otherwise(series.newest, run), "names_joined")
        reason = Reason("options_changed", day=dated(series.newest), asked=asked)
    return Absence("missing", _with_newcomers(reason, series, run), id)


def _asked_otherwise(before: Result, after: Result) -> Iterator[str]:
    """Yield what the later run was asked for that the earlier was not: "dtypes fp32,fp64 -> fp32"."""
    old, new = ({"profile": result.tool.profile} | asdict(result.tool.options) for result in (before, after))
    for name in old:
        if old[name] != new[name]:
            yield Reason("differs", name=name, base=_option_in_words(old[name]), new=_option_in_words(new[name]))


def _option_in_words(option: object) -> str:
    """Return an option in words; one that was not given is "by default"."""
    return (",".join(option) if isinstance(option, list) else str(option)) if option else Reason("by_default")


def _with_newcomers(reason: Reason, series: Series, run: Result) -> Reason:
    """Return why a case is missing, with what may be its new name: what is new in the run and like it."""
    before = _measured(series.newest)
    last = before[series.case]
    new = [tracked for name, tracked in _measured(run).items() if name not in before and _are_alike(tracked, last)]
    if not new:
        return reason
    alike = ", ".join(map(_new_name, new[:MOST_ALIKE]))
    if isinstance(last, Call):
        return Reason("perhaps_new_call", reason=reason, alike=alike)
    return Reason("perhaps_new_name", reason=reason, alike=alike)


def _are_alike(one: Tracked, other: Tracked) -> bool:
    """Return whether two cases are of one shape on one device, or two calls do the same amount of work."""
    if isinstance(one, Call) or isinstance(other, Call):
        return isinstance(one, Call) and isinstance(other, Call) and _work(one) == _work(other)
    return (one.device, one.m, one.n, one.k, one.layout) == (other.device, other.m, other.n, other.k, other.layout)


def _work(call: Call) -> tuple[str, int, str | None]:
    """Return how much of what one call does."""
    return call.unit, call.amount, call.dtype


def _new_name(tracked: Tracked) -> str:
    """Return a call by its name, and what a case is beside its shape."""
    if isinstance(tracked, Call):
        return tracked.name
    return f"{tracked.dtype} {tracked.backend} {tracked.kernel} {tracked.regime}"
