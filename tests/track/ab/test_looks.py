"""Tests which cases are measured on: what as many pairs more may tell, and what nothing will."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from flopsbench.track.ab.looks import look, promising
from flopsbench.track.ab.sign_flip import MOST_PAIRS

MARGIN = 0.02
STEADY = [0.001, -0.001, 0.002, -0.002, 0.0005, -0.0005, 0.0015, -0.0015]


@dataclass
class Measured:
    """A case whose pairs are written down, and come by as many at a time as are asked for."""

    name: str
    first: list[float]
    again: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    second_look: list[float] = field(default_factory=list)
    asked: list[tuple[int, bool]] = field(default_factory=list)

    def take(self, pairs: int, again: bool) -> None:
        self.asked.append((pairs, again))
        taken, source = (self.second_look, self.again) if again else (self.values, self.first)
        taken += source[len(taken) : len(taken) + pairs]


def around(change: float, spread: float) -> list[float]:
    return [math.log1p(change) + spread * value for value in STEADY]


def looked(*cases: Measured, pairs: int = 8) -> None:
    def measure(names: set[str], count: int, again: bool) -> None:
        for case in cases:
            if case.name in names:
                case.take(count, again)

    look(cases, pairs, MARGIN, measure)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (around(-0.025, 4.5), True),  # just across the margin
        (around(-0.024, 1.0), False),  # a regression already
        (around(0.0, 3.0), False),  # unchanged already
        (around(-0.02, 3.0), False),  # on the margin: no number of pairs tells
        (around(-0.03, 30.0), False),  # far too noisy
        (around(0.024, 3.5), True),  # an improvement, likewise
    ],
)
def test_what_as_many_pairs_more_may_tell(values: list[float], told: bool) -> None:
    assert promising([Measured("case", [], values=values)], MARGIN) == ({"case"} if told else set())


def test_only_what_is_open_and_promising_is_measured_on() -> None:
    open_, clear = Measured("open", 2 * around(-0.025, 4.5), around(-0.05, 1.0)), Measured("clear", around(0.0, 1.0))
    looked(open_, clear)
    assert clear.asked == [(8, False)]
    assert open_.asked[:2] == [(8, False), (8, False)]
    assert len(open_.values) == 16


def test_a_second_look_is_measured_on_likewise() -> None:
    case = Measured("case", around(-0.05, 1.0), 2 * around(-0.025, 4.5))
    looked(case)
    assert case.asked == [(8, False), (8, True), (8, True)]


def test_a_second_look_that_tells_is_enough() -> None:
    case = Measured("case", around(-0.05, 1.0), around(-0.05, 1.0))
    looked(case)
    assert case.asked == [(8, False), (8, True)]


def test_there_are_never_more_pairs_than_can_be_counted() -> None:
    case = Measured("case", 4 * around(-0.025, 4.5))
    looked(case, pairs=24)
    assert sum(count for count, again in case.asked if not again) <= MOST_PAIRS
