"""Turns the pairs of a comparison of calls into its outcome: a verdict per call, and the two Results it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from flopsbench.analysis.rate import summarise
from flopsbench.host.cpu.device import cpu_device
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import NOT_REACHED, Call, Result, Software, Source
from flopsbench.runs.gather import Header, Observed, document
from flopsbench.runs.run import as_read
from flopsbench.telemetry.device import device_record
from flopsbench.track.ab.judge import JudgedCase
from flopsbench.track.ab.looks import judged, notes_on_pairs
from flopsbench.track.ab.outcome import Outcome, note_on_rates, with_figures_of
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS
from flopsbench.track.calls.found import CallPairs, SideOfCall
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.differences import differences
from flopsbench.track.suite.callable import A_CALL, under_quota
from flopsbench.track.verdicts import Verdict
from flopsbench.units import grouped
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class SideOfRun:
    """A SideOfRun is what a Result says of one side: its name, the software its processes had, and its commit."""

    name: str
    software: Software
    source: Source | None = None


def calls_outcome(
    calls: Sequence[CallPairs],
    sides: tuple[SideOfRun, SideOfRun],
    about: Header,
    margin: float,
    notes: Sequence[str],
    interrupted: bool,
) -> Outcome:
    """Return the comparison of two sides from the pairs of every call."""
    verdicts = judged(calls, margin)
    base = result_of_calls([call_record(call.name, call.base) for call in calls], sides[0], about, interrupted)
    new = result_of_calls([call_record(call.name, call.new) for call in calls], sides[1], about, interrupted)
    changes = [_change(call, verdicts.get(call.name), base, new) for call in calls]
    comparison = Comparison(
        command="ab",
        base=sides[0].name,
        new=sides[1].name,
        margin=margin,
        changes=changes,
        differences=differences(base, new),
        notes=[*notes_on_pairs(calls, len(verdicts)), *note_on_rates(changes, margin), *notes],
        interrupted=interrupted,
    )
    return Outcome(comparison, base, new)


def result_of_calls(records: Sequence[Call], side: SideOfRun, about: Header, interrupted: bool = False) -> Result:
    """Return the Result of what one side came to, as it reads once it has been written."""
    record = device_record(cpu_device())
    observed = Observed(0, devices={record.id: record}, software=side.software)
    made = document(observed, replace(about, source=_source(about.source, side.source)), [], {})
    return as_read(structs.replace(made, calls=list(records), interrupted=interrupted))


def _source(known: Source | None, of_side: Source | None) -> Source | None:
    """Return which project was measured, at the commit of the side."""
    if known is None or of_side is None:
        return of_side or known
    return structs.replace(known, commit=of_side.commit, committed=of_side.committed, branch=None)


def call_record(name: str, side: SideOfCall) -> Call:
    """Return a call with the rate of all its processes, or with the reason why it has none."""
    found = side.found
    work = found.work if found else A_CALL
    told = Call(name, work.unit, work.count, "skipped", dtype=found.dtype if found else None)
    if side.lost:
        return structs.replace(told, status=side.lost.status, **sentence_fields(reason=side.reason))
    if not side.processes:
        return structs.replace(told, **sentence_fields(reason=NOT_REACHED))
    stats = summarise(side.processes, told.amount, told.unit, quota=under_quota())
    return structs.replace(told, status="ok", processes=list(side.processes), stats=stats)


def _change(call: CallPairs, judged: JudgedCase | None, base: Result, new: Result) -> Change:
    """Return what is told of one call: its rates on both sides, and the verdict with its figures or its reason."""
    was, now = (next(each for each in result.calls if each.name == call.name) for result in (base, new))
    change = Change(
        case=call.name,
        verdict="inconclusive",
        unit=now.unit if call.new.found else was.unit,
        base_per_s=was.stats.rate.median if was.stats else None,
        new_per_s=now.stats.rate.median if now.stats else None,
    )
    if judged is None or not call.alive:
        verdict, reason = _without_figures(call)
        return structs.replace(change, verdict=verdict, reason=reason)
    return with_figures_of(change, judged, call.values)


def _without_figures(call: CallPairs) -> tuple[Verdict, str]:
    """Return the verdict on a call that has no figure, and why it has none."""
    base, new = call.base, call.new
    if base.lost and new.lost:
        return "not run", Reason("lost_on_both", reason=new.reason)
    if new.lost:
        verdict: Verdict = "failed" if new.lost.status == "failed" else "missing"
        return verdict, Reason("side_b_lost", reason=new.reason)
    if new.found is None:
        return "missing", Reason("side_b_lacks")
    if base.lost:
        return "new", Reason("side_a_lost", reason=base.reason)
    if base.found is None:
        return "new", Reason("side_a_lacks")
    if not call.is_one_work:
        return "new", Reason("other_work", was=_amount(base), now=_amount(new))
    return "inconclusive", Reason("interrupted_after", pairs=len(call.values), fewest=FEWEST_PAIRS)


def _amount(side: SideOfCall) -> str:
    """Return the work of a call in words: "2,000 in FLOP/s"."""
    assert side.found is not None
    return f"{grouped(side.found.work.count)} ({side.found.work.unit.removesuffix('/s')})"
