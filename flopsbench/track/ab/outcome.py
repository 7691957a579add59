"""What an A/B ends in: a verdict a case, and the two Results it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, Result
from flopsbench.track.ab.cases import Match
from flopsbench.track.ab.pair import Side
from flopsbench.track.ab.sign_flip import ALPHA, FEWEST_PAIRS
from flopsbench.track.ab.verdict import JudgedCase, confirmed, judge
from flopsbench.track.comparison import Change, Comparison, Verdict
from flopsbench.track.differences import differences


@dataclass(frozen=True, slots=True)
class Outcome:
    """The comparison and the two Results it rests on, every block in them."""

    comparison: Comparison
    base: Result
    new: Result


def flagged(matches: Sequence[Match], margin: float) -> set[str]:
    """The cases that look like a regression, to be measured again in fresh processes."""
    return {name for name, judged in _first_look(matches, margin).items() if judged.verdict == "regression"}


def outcome(matches: Sequence[Match], base: Result, new: Result, names: tuple[str, str], margin: float) -> Outcome:
    """The comparison of two sides, by their names, from the pairs of every case."""
    verdicts = judged(matches, margin)
    comparison = Comparison(
        command="ab",
        base=names[0],
        new=names[1],
        margin=margin,
        changes=[_change(match, verdicts.get(match.name), base, new) for match in matches],
        differences=differences(base, new),
        notes=list(_notes(matches, len(verdicts))),
        interrupted=base.interrupted,
    )
    return Outcome(comparison, base, new)


def _first_look(matches: Sequence[Match], margin: float) -> dict[str, JudgedCase]:
    """Every case with enough pairs, those included that gave no rate later: they were tested together."""
    return judge({each.name: each.values for each in matches if _enough(each.values)}, margin)


def judged(matches: Sequence[Match], margin: float) -> dict[str, JudgedCase]:
    """The verdict on every case with enough pairs; a regression is one only where a second look agrees."""
    looks = {match.name: match.second_look for match in matches}
    return {
        name: confirmed(first, _alone(looks[name], margin)) if first.verdict == "regression" else first
        for name, first in _first_look(matches, margin).items()
    }


def _alone(values: list[float], margin: float) -> JudgedCase | None:
    return judge({"": values}, margin)[""] if _enough(values) else None


def _enough(values: Sequence[float]) -> bool:
    return len(values) >= FEWEST_PAIRS


def _change(match: Match, judged: JudgedCase | None, base: Result, new: Result) -> Change:
    was, now = _in_result(match.a, base), _in_result(match.b, new)
    change = Change(
        case=case_id(now) if now else match.name,
        verdict="inconclusive",
        differences=list(computed_differently(was, now)),
        **_shown(was, now),
    )
    if judged is None or not match.alive:
        verdict, reason = _without_figures(match, was, now)
        return replace(change, verdict=verdict, reason=reason)
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
        pairs=[math.expm1(value) for value in match.values],
    )


def computed_differently(was: Case | None, now: Case | None) -> Iterator[str]:
    """What really ran on the two sides, where it was not the same."""
    if was and now and was.compute and now.compute:
        for name in ("library", "math", "accumulate", "c", "threads"):
            before, after = getattr(was.compute, name), getattr(now.compute, name)
            if before != after:
                yield f"{'output' if name == 'c' else name} {before} -> {after}"


def _in_result(side: Side | None, result: Result) -> Case | None:
    return next((case for case in result.cases if side and case_id(case) == side.id), None)


def _shown(was: Case | None, now: Case | None) -> dict[str, Any]:
    """The two rates for the reader; the change is not their ratio but the centre of the pairs."""
    shown: dict[str, Any] = {}
    for name, case in (("base_per_s", was), ("new_per_s", now)):
        if case and case.stats:
            shown |= {name: case.stats.rate.median, "unit": case.stats.unit}
    return shown


def _without_figures(match: Match, was: Case | None, now: Case | None) -> tuple[Verdict, str]:
    """The verdict on a case that has no figure, and why."""
    if now is None or was is None:
        return ("missing", "side B does not have this case") if now is None else ("new", "side A does not have it")
    lost_a, lost_b = (next((case for case in cases if case.status != "ok"), None) for cases in (match.base, match.new))
    if lost_a and lost_b and {lost_a.status, lost_b.status} <= {"unsupported", "skipped"}:
        return "not run", lost_b.reason or ""
    if lost_b:
        return "failed", f"side B: {lost_b.reason}"
    if lost_a and lost_a.status == "unsupported":
        return "new", f"side A cannot run it: {lost_a.reason}"
    if lost_a:
        wrong = lost_a.proof is not None and not lost_a.proof.passed
        return ("failed" if wrong else "inconclusive"), f"side A: {lost_a.reason}"
    return "inconclusive", f"interrupted after {len(match.values)} of the {FEWEST_PAIRS} pairs that any verdict needs"


def _notes(matches: Sequence[Match], count: int) -> Iterator[str]:
    pairs = max((len(match.values) for match in matches), default=0)
    yield f"{pairs} pairs a case: a fresh process a side, in random order, taking turns block by block"
    if twice := [match.name for match in matches if match.second_look]:
        yield f"looked at twice, in fresh processes: {'; '.join(twice)}"
    most = int(ALPHA * 2**pairs)
    if count > most:
        yield f"{pairs} pairs can call a change in at most {most} cases at once; there are {count}: raise --pairs"
