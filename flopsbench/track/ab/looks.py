"""Looks at the pairs of all cases together, and a second time at what seems slower: one rule for every A/B."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from flopsbench.track.ab.judge import JudgedCase, confirmed, judge
from flopsbench.track.ab.sign_flip import ALPHA, FEWEST_PAIRS, MOST_PAIRS
from flopsbench.track.verdicts import verdict_of_interval
from flopsbench.words.reason import Reason

# Measures so many pairs of the cases of some names, for a second look or not.
Measure = Callable[[set[str], int, bool], None]


class PairsOfCase(Protocol):
    """PairsOfCase are ln(B/A) of each pair of one case, by its name, those of a second look apart."""

    @property
    def name(self) -> str:
        """Return by what name the case is known."""
        ...

    @property
    def values(self) -> list[float]:
        """Return the differences of the first look."""
        ...

    @property
    def second_look(self) -> list[float]:
        """Return the differences of the pairs that measured a suspected regression again."""
        ...


def look(cases: Sequence[PairsOfCase], pairs: int, margin: float, measure: Measure) -> None:
    """Measure so many pairs of every case, then as many again of what they leave open; what is slower a second time.

    Who looks at half of the pairs, and at all of them where these tell nothing, errs up to twice as often at the very
    margin. A regression is called only where a second look agrees, so that it errs less than once in 400 times.
    """
    more = min(pairs, MOST_PAIRS - pairs)
    measure({case.name for case in cases}, pairs, False)
    measure(promising(cases, margin), more, False)
    measure(flagged(cases, margin), pairs, True)
    measure(promising(cases, margin, again=True), more, True)


def flagged(cases: Sequence[PairsOfCase], margin: float) -> set[str]:
    """Return the names of the cases that look like a regression, to be measured again in fresh processes."""
    return {name for name, judged in _first_look(cases, margin).items() if judged.verdict == "regression"}


def promising(cases: Sequence[PairsOfCase], margin: float, again: bool = False) -> set[str]:
    """Return the names of the cases of which as many pairs more may well tell what these leave open.

    ``again``: of those that look like a regression, by their second look. An interval narrows by the square root of two
    then, and its centre moves by half as much. Where it would reach across the margin at half of its width still, the
    machine is too noisy, and nobody is to wait for that.
    """
    looks: Mapping[str, JudgedCase | None] = _first_look(cases, margin)
    if again:
        seeming = flagged(cases, margin)
        looks = {each.name: _alone(each.second_look, margin) for each in cases if each.name in seeming}
    return {name for name, judged in looks.items() if judged and _may_tell(judged, margin)}


def _may_tell(judged: JudgedCase, margin: float) -> bool:
    """Return whether what is inconclusive would not be, were its interval half as wide."""
    estimate, low, high = judged.centre
    low, high = (math.expm1(estimate + (end - estimate) / 2) for end in (low, high))
    return judged.verdict == "inconclusive" and verdict_of_interval(low, high, margin) != "inconclusive"


def judged(cases: Sequence[PairsOfCase], margin: float) -> dict[str, JudgedCase]:
    """Judge every case with enough pairs; a regression is one only where a second look agrees."""
    looks = {case.name: case.second_look for case in cases}
    return {
        name: confirmed(first, _alone(looks[name], margin)) if first.verdict == "regression" else first
        for name, first in _first_look(cases, margin).items()
    }


def _first_look(cases: Sequence[PairsOfCase], margin: float) -> dict[str, JudgedCase]:
    """Judge every case with enough pairs, those included that gave no rate later: they were tested together."""
    return judge({each.name: each.values for each in cases if _enough(each.values)}, margin)


def _alone(values: list[float], margin: float) -> JudgedCase | None:
    """Judge the pairs of one case by themselves; None where they are too few."""
    return judge({"": values}, margin)[""] if _enough(values) else None


def _enough(values: Sequence[float]) -> bool:
    """Return whether there are as many pairs as any verdict needs."""
    return len(values) >= FEWEST_PAIRS


def notes_on_pairs(cases: Sequence[PairsOfCase], count: int) -> Iterator[str]:
    """Yield what a reader must know of the whole A/B: how it was measured, and what its pairs can call at most."""
    counts = [len(case.values) for case in cases if case.values] or [0]
    fewest, pairs = min(counts), max(counts)
    yield Reason("pairs_per_case", pairs=pairs if fewest == pairs else f"{fewest} - {pairs}")
    if twice := [case.name for case in cases if case.second_look]:
        yield Reason("looked_twice", cases="; ".join(twice))
    if few := too_few_pairs(pairs, count):
        yield few


def too_few_pairs(pairs: int, count: int) -> Reason | None:
    """Return that so many pairs can call nothing in so many cases, which are tested together; None where they can."""
    most = int(ALPHA * 2**pairs)
    return Reason("too_few_pairs", pairs=pairs, most=most, count=count) if count > most else None
