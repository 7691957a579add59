"""Tests the way from differences to verdicts: margins, Holm, the second look, and a simulated shared machine."""

from __future__ import annotations

import math
import random

import pytest

from flopsbench.track.ab.judge import JudgedCase, confirmed, holm, judge
from flopsbench.track.ab.sign_flip import interval
from tests.perf.ab_simulation import Machine, called, simulate

STEADY = [0.001, -0.001, 0.002, -0.002, 0.0005, -0.0005, 0.0015, -0.0015]


def around(change: float, spread: float = 1.0) -> list[float]:
    """Return eight pairs around a relative change."""
    return [math.log1p(change) + spread * value for value in STEADY]


def verdict(values: list[float], margin: float = 0.02) -> JudgedCase:
    return judge({"case": values}, margin)["case"]


@pytest.mark.parametrize(
    ("change", "spread", "expected"),
    [
        (-0.03, 1, "regression"),
        (-0.02, 1, "inconclusive"),
        (-0.01, 1, "unchanged"),
        (0.01, 1, "unchanged"),
        (0.03, 1, "improvement"),
        (-0.03, 20, "inconclusive"),
    ],
)
def test_a_verdict_follows_from_where_the_interval_lies(change: float, spread: float, expected: str) -> None:
    assert verdict(around(change, spread)).verdict == expected


def test_what_could_have_been_caught_is_caught_and_half_of_it_beyond_the_margin_is_not() -> None:
    detectable = verdict(around(0.0)).detectable
    assert verdict(around(-detectable - 1e-4)).verdict == "regression"
    assert verdict(around(-0.02 - (detectable - 0.02) / 2)).verdict != "regression"


@pytest.mark.slow
def test_an_open_verdict_has_an_interval_that_reaches_the_margin_and_catches_no_less_than_it_saw() -> None:
    """Draws in which the piece of the interval around the estimate stops short of the margin."""
    draw = random.Random(4)
    opened = 0
    for _ in range(400):
        values = [draw.choice((-0.06, -0.04, -0.025, 0.01)) + draw.gauss(0, 0.004) for _ in range(10)]
        found = verdict(values)
        if found.verdict == "inconclusive":
            opened += interval(values).high < math.log1p(-0.02)
            assert found.centre.high >= math.log1p(-0.02)
            assert found.detectable >= -math.expm1(found.centre.estimate)
    assert opened


def test_an_inconclusive_verdict_says_what_helps() -> None:
    assert "--pairs" in (verdict(around(-0.02)).reason or "")
    assert verdict(around(0.0)).reason is None


def test_holm_rejects_step_by_step() -> None:
    assert holm({"a": 0.01, "b": 0.02, "c": 0.9}, 0.03) == {"a"}
    assert holm({"a": 0.01, "b": 0.015, "c": 0.03}, 0.03) == {"a", "b", "c"}
    assert holm({"a": 0.011, "b": 0.001, "c": 0.02}, 0.03) == {"a", "b", "c"}
    assert holm({"a": 0.02, "b": 0.02, "c": 0.02}, 0.03) == set()
    assert holm({}) == set()


def test_eight_pairs_cannot_call_one_of_eight_cases_which_they_could_call_alone() -> None:
    slow = around(-0.1)
    assert verdict(slow).verdict == "regression"
    several = judge({"slow": slow} | {f"same {n}": around(0.0) for n in range(7)}, 0.02)
    assert several["slow"].verdict == "inconclusive"


def test_a_regression_needs_both_looks() -> None:
    slow, same = verdict(around(-0.05)), verdict(around(0.0))
    assert confirmed(slow, slow) == slow
    doubted = confirmed(slow, same)
    assert doubted.verdict == "inconclusive"
    assert "did not agree" in (doubted.reason or "")
    assert "interrupted" in (confirmed(slow, None).reason or "")
    assert confirmed(slow, None).verdict == "inconclusive"


@pytest.mark.slow
def test_on_a_simulated_shared_machine_nothing_is_never_called_and_three_percent_nearly_always() -> None:
    machine = Machine()
    assert sum(called(outcome) for outcome in simulate(machine, 0.0, runs=150, seed=1)) == 0
    assert sum(called(outcome) for outcome in simulate(machine, -0.03, runs=150, seed=1)) >= 0.9 * 150
