"""Looks at the pairs of all cases together, and a second time at what seems slower: one rule for every A/B."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from flopsbench.track.ab.judge import JudgedCase, confirmed, judge
from flopsbench.track.ab.sign_flip import ALPHA, FEWEST_PAIRS
from flopsbench.words.reason import Reason


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


def flagged(cases: Sequence[PairsOfCase], margin: float) -> set[str]:
    """Return the names of the cases that look like a regression, to be measured again in fresh processes."""
    return {name for name, judged in _first_look(cases, margin).items() if judged.verdict == "regression"}


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
    pairs = max((len(case.values) for case in cases), default=0)
    yield Reason("pairs_per_case", pairs=pairs)
    if twice := [case.name for case in cases if case.second_look]:
        yield Reason("looked_twice", cases="; ".join(twice))
    if few := too_few_pairs(pairs, count):
        yield few


def too_few_pairs(pairs: int, count: int) -> Reason | None:
    """Return that so many pairs can call nothing in so many cases, which are tested together; None where they can."""
    most = int(ALPHA * 2**pairs)
    return Reason("too_few_pairs", pairs=pairs, most=most, count=count) if count > most else None
