"""Tests what the differences of sets make of a hypothesis, with exact numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.explore.why.effect import MATERIAL, SETS, effect_of, found, is_material, moved

TWICE = [math.log(2)] * SETS
SMALL = [math.log(1.05)] * SETS
NONE = [0.001, -0.001, 0.002, -0.002, 0.0, 0.001, -0.001]
WIDE = [0.0, 0.3, 0.05, 0.25, -0.02, 0.3, 0.1]


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        (TWICE, TWICE, "cause"),
        (TWICE, NONE, "open"),  # a second look that does not agree
        (TWICE, [], "open"),  # or that was never taken
        (SMALL, [], "minor"),
        (NONE, [], "no cause"),
        ([-value for value in TWICE], [], "no cause"),
        (WIDE, [], "open"),
        (TWICE[:5], TWICE, "not tested"),
        ([], [], "not tested"),
    ],
)
def test_what_two_looks_make_of_a_hypothesis(first: list[float], second: list[float], finding: str) -> None:
    assert found(first, second) == finding


def test_one_process_far_off_does_not_hide_a_cause() -> None:
    assert is_material([*TWICE[:-1], -1.0])
    assert not is_material([*TWICE[:-2], -1.0, -1.2])


@given(st.lists(st.floats(-0.5, math.log1p(MATERIAL)), min_size=6, max_size=9))
def test_what_no_set_shows_to_be_material_is_never_a_cause(values: list[float]) -> None:
    assert found(values, values) != "cause"


def test_an_effect_is_a_share_with_its_interval_and_every_set() -> None:
    effect = effect_of(TWICE)
    assert effect is not None
    assert (effect.estimate, effect.low, effect.high) == pytest.approx((1.0, 1.0, 1.0), abs=1e-6)
    assert effect.sets == pytest.approx([1.0] * SETS)


@pytest.mark.parametrize(("control", "told"), [(NONE, False), ([0.08] * 7, True), ([-0.08] * 7, True), ([], False)])
def test_a_control_that_moved_says_so(control: list[float], told: bool) -> None:
    assert moved(control) is told
