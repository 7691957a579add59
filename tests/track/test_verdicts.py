"""Tests the rule from an interval to a verdict, and that every comparison decides by it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.result.types import Case
from flopsbench.stats import Interval
from flopsbench.track.ab.judge import judge
from flopsbench.track.compare import compare
from flopsbench.track.noise import watched
from flopsbench.track.suite.baseline import Timing
from flopsbench.track.suite.gate import compare_timings
from flopsbench.track.verdicts import Verdict, smallest_slowdown, verdict_of_change, verdict_of_interval
from tests.documents import case, result, stats

MARGIN = 0.02
Told = tuple[float, float, Verdict]  # the interval that a comparison tells, and its verdict
User = Callable[[float], Told]  # a comparison of two given things at any margin


def neighbours(end: float) -> tuple[float, float, float]:
    """Return a number and the next ones below and above it."""
    return math.nextafter(end, -math.inf), end, math.nextafter(end, math.inf)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.02, 0.02, "unchanged"),
        (-0.02, -0.02, "unchanged"),
        (0.02, 0.02, "unchanged"),
        (math.nextafter(-0.02, -1), 0.0, "inconclusive"),
        (0.0, math.nextafter(0.02, 1), "inconclusive"),
        (-0.03, -0.02, "inconclusive"),
        (0.02, 0.03, "inconclusive"),
        (-0.03, math.nextafter(-0.02, -1), "regression"),
        (math.nextafter(0.02, 1), 0.03, "improvement"),
        (-0.03, 0.03, "inconclusive"),
    ],
)
def test_an_end_exactly_on_the_margin_is_within_it(low: float, high: float, verdict: Verdict) -> None:
    assert verdict_of_interval(low, high, MARGIN) == verdict


def test_a_change_known_exactly_is_never_inconclusive() -> None:
    told = [verdict_of_change(change, MARGIN) for change in (-0.021, -0.02, 0.0, 0.02, 0.021)]
    assert told == ["regression", "unchanged", "unchanged", "unchanged", "improvement"]


@given(st.floats(0, 1), st.floats(0.001, 0.5))
def test_the_smallest_slowdown_is_the_first_whose_interval_lies_beyond_the_margin(reach: float, margin: float) -> None:
    level = math.log1p(-smallest_slowdown(reach, margin))
    assert math.expm1(level + reach) == pytest.approx(-margin)


def rated(median: float) -> Case:
    return case(stats=stats(median, median, median))


def by_compare(base: float, new: float, floor: float) -> User:
    """Compare two Results against a noise floor."""
    noise = watched([result(rated(1e12))] * 3)
    noise = replace(noise, cases={name: replace(each, floor=floor) for name, each in noise.cases.items()})

    def told(margin: float) -> Told:
        sides: Any = ([result(rated(base))], [result(rated(new))])
        (change,) = compare(*sides, base_name="a", new_name="b", margin=margin, noise=noise).changes
        assert change.low is not None
        assert change.high is not None
        return change.low, change.high, change.verdict

    return told


def by_gate(now: Interval) -> User:
    """Hold a test of a suite against a baseline of one operation per second, known exactly."""

    def timed(rate: Interval) -> Timing:
        seconds = (1 / rate.estimate, 1 / rate.high, 1 / rate.low)
        return Timing(1, *seconds, blocks=10)

    def told(margin: float) -> Told:
        change = compare_timings("t", timed(Interval(1.0, 1.0, 1.0)), timed(now), margin)
        assert change.low is not None
        assert change.high is not None
        return change.low, change.high, change.verdict

    return told


def by_ab(differences: list[float]) -> User:
    """Judge the pairs of an A/B."""

    def told(margin: float) -> Told:
        found = judge({"case": differences}, margin)["case"]
        return math.expm1(found.centre.low), math.expm1(found.centre.high), found.verdict

    return told


rates = st.floats(0.6, 1.6)
users = st.one_of(
    st.builds(by_compare, st.just(1e12), st.floats(0.6e12, 1.6e12), st.floats(0, 0.3)),
    st.tuples(rates, rates, rates).map(sorted).map(lambda three: by_gate(Interval(three[1], three[0], three[2]))),
    st.lists(st.floats(-0.3, 0.3), min_size=6, max_size=9, unique=True).map(by_ab),
)


@given(users)
def test_every_comparison_decides_by_the_rule_at_the_margin_and_just_beside_it(told: User) -> None:
    low, high, _ = told(MARGIN)
    for end in {abs(low), abs(high)}:
        assume(1e-3 < end < 0.5)
        for margin in neighbours(end):
            low, high, verdict = told(margin)
            assert verdict == verdict_of_interval(low, high, margin)


@given(st.floats(0.6e12, 1.6e12), st.floats(0, 0.3))
def test_the_same_interval_has_the_same_verdict_in_compare_and_in_the_gate(new: float, floor: float) -> None:
    compared = by_compare(1e12, new, floor)
    low, high, _ = compared(MARGIN)
    gated = by_gate(Interval(1 + (low + high) / 2, 1 + low, 1 + high))
    for end in {abs(low), abs(high)}:
        assume(1e-3 < end < 0.5)
        for margin in (end * (1 - 1e-9), end * (1 + 1e-9)):
            assert compared(margin)[2] == gated(margin)[2]
