"""Turns the pairs of an A/B into its outcome: a verdict per case, and the two Results it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from flopsbench.dtype import Unit
from flopsbench.result.keys import case_id, case_title
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case, Result
from flopsbench.track.ab.cases import CasePairs, was_disturbed
from flopsbench.track.ab.judge import JudgedCase
from flopsbench.track.ab.looks import judged, notes_on_pairs
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS
from flopsbench.track.ab.turns import SideCase, note_on_turns
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.differences import differences
from flopsbench.track.verdicts import Verdict
from flopsbench.words.reason import Reason

SHOWN_DIGITS = 3  # of a change as a share, which is printed as per cent with one decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """An Outcome is a comparison and the two Results it rests on, every block in them."""

    comparison: Comparison
    base: Result
    new: Result


def outcome(cases: Sequence[CasePairs], base: Result, new: Result, names: tuple[str, str], margin: float) -> Outcome:
    """Return the comparison of two sides, by their names, from the pairs of every case."""
    verdicts = judged(cases, margin)
    changes = [_change(case, verdicts.get(case.name), base, new) for case in cases]
    comparison = Comparison(
        command="ab",
        base=names[0],
        new=names[1],
        margin=margin,
        changes=changes,
        differences=differences(base, new),
        notes=[
            *notes_on_pairs(cases, len(verdicts)),
            *note_on_turns(),
            *_set_aside(cases),
            *note_on_rates(changes, margin),
        ],
        interrupted=base.interrupted,
    )
    return Outcome(comparison, base, new)


def _change(case: CasePairs, judged: JudgedCase | None, base: Result, new: Result) -> Change:
    """Return what is told of one case: its rates on both sides, and the verdict with its figures or its reason.

    The two rates are for the reader; the change is not their ratio but the centre of the pairs.
    """
    was, now = _in_result(case.a, base), _in_result(case.b, new)
    change = Change(
        case=case_id(now) if now else case.name,
        verdict="inconclusive",
        unit=_unit(was, now),
        base_per_s=_rate_per_s(was),
        new_per_s=_rate_per_s(now),
        differences=list(computed_differently(was, now)),
    )
    if judged is None or not case.alive:
        verdict, reason = _without_figures(case, was, now)
        return replace(change, verdict=verdict, reason=reason)
    return with_figures_of(change, judged, case.values)


def with_figures_of(change: Change, judged: JudgedCase, values: Sequence[float]) -> Change:
    """Return a change with its verdict and the figures behind it, given ln(B/A) of each pair."""
    centre = judged.centre
    return replace(
        change,
        verdict=judged.verdict,
        reason=judged.reason,
        estimate=math.expm1(centre.estimate),
        low=math.expm1(centre.low),
        high=math.expm1(centre.high),
        p=judged.p,
        detectable=judged.detectable,
        pairs=[math.expm1(value) for value in values],
    )


def computed_differently(was: Case | None, now: Case | None) -> Iterator[str]:
    """Yield, in a line each, in what the computation on the two sides differed: "math ieee -> tf32"."""
    if was and now and was.compute and now.compute:
        for name in ("library", "math", "accumulate", "c", "threads"):
            before, after = getattr(was.compute, name), getattr(now.compute, name)
            if before != after:
                yield Reason(
                    "differs", name=Reason(f"fact_{'output' if name == 'c' else name}"), base=before, new=after
                )


def _in_result(side: SideCase | None, result: Result) -> Case | None:
    """Return the case of one side as its Result has it; None where either lacks it."""
    return next((case for case in result.cases if side and case_id(case) == side.id), None)


def _rate_per_s(case: Case | None) -> float | None:
    """Return the median rate of a case in its unit per second; None where it has no rate."""
    return case.stats.rate.median if case and case.stats else None


def _unit(was: Case | None, now: Case | None) -> Unit:
    """Return what the rates are counted in, of whichever side has one; FLOP/s where neither has."""
    units: list[Unit] = [case.stats.unit for case in (now, was) if case and case.stats]
    return units[0] if units else "FLOP/s"


def _without_figures(pairs: CasePairs, was: Case | None, now: Case | None) -> tuple[Verdict, str]:
    """Return the verdict on a case that has no figure, and why it has none."""
    if now is None or was is None:
        return ("missing", Reason("side_b_lacks")) if now is None else ("new", Reason("side_a_lacks"))
    lost_a, lost_b = (next((case for case in cases if case.status != "ok"), None) for cases in (pairs.base, pairs.new))
    if lost_a and lost_b and {lost_a.status, lost_b.status} <= {"unsupported", "skipped"}:
        return "not run", _told(lost_b)
    if lost_b:
        return ("inconclusive" if _seemed_slow(lost_b) else "failed"), Reason("side_b_lost", reason=_told(lost_b))
    if lost_a and lost_a.status == "unsupported" and not _seemed_slow(lost_a):
        return "new", Reason("side_a_cannot", reason=_told(lost_a))
    if lost_a:
        wrong = lost_a.proof is not None and not lost_a.proof.passed
        return ("failed" if wrong else "inconclusive"), Reason("side_a_lost", reason=_told(lost_a))
    return "inconclusive", Reason("interrupted_after", pairs=len(pairs.values), fewest=FEWEST_PAIRS)


def _told(case: Case) -> str:
    """Return why a case has no rate, in both languages where its document says it so."""
    return as_reason(case.reason or "", case.reason_said)


def _seemed_slow(case: Case) -> bool:
    """Return whether a case was refused for what it would take, which depends on how busy the machine is as well."""
    return was_disturbed(case) or (case.reason_said is not None and case.reason_said.code == "no_fast_path")


def _set_aside(cases: Sequence[CasePairs]) -> Iterator[str]:
    """Yield how many processes were disturbed, so that their pairs do not count, and why the first was."""
    if disturbed := [each for case in cases for each in case.disturbed]:
        yield Reason("pairs_set_aside", processes=len(disturbed), why=_told(disturbed[0]))


def note_on_rates(changes: Sequence[Change], margin: float) -> Iterator[str]:
    """Yield that the change is not the ratio of the two rates, where they seem to say something else."""
    if seeming := [case_title(change.case) for change in changes if _seems_otherwise(change, margin)]:
        yield Reason("change_of_pairs", cases="; ".join(seeming))


def _seems_otherwise(change: Change, margin: float) -> bool:
    """Return whether the two rates suggest a change of another sign, or of a size beyond interval and margin."""
    if change.estimate is None or change.low is None or change.high is None:
        return False
    if change.base_per_s is None or change.new_per_s is None:
        return False
    seeming, told = change.new_per_s / change.base_per_s - 1, change.estimate
    differs = not change.low <= seeming <= change.high and abs(seeming - told) > margin
    return differs or round(seeming, SHOWN_DIGITS) * round(told, SHOWN_DIGITS) < 0
