"""Tests the exact robust interval against scipy's own count, and what outliers may do to it."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from flopsbench.track.ab import sign_flip
from flopsbench.track.ab.sign_flip import ALPHA, interval, p_above, p_below

# Values so equal that rounding decides who stands where are left out.
differences = st.lists(st.integers(-3000, 3000), min_size=6, max_size=12, unique=True).map(
    lambda values: [value * 1e-4 for value in values]
)


def biweighted(values: np.ndarray) -> np.ndarray:
    """Return the scores, written as the docstring has them."""
    sizes = np.abs(values)
    beyond = np.maximum(sizes - np.median(sizes), 0)
    reach = sign_flip.REACH * 1.4826 * np.median(np.abs(sizes - np.median(sizes)))
    weights = np.where(beyond < reach, (1 - (beyond / reach) ** 2) ** 2, 0)
    return np.sign(values) * np.maximum(sizes * weights, np.median(sizes) / 1000)


@pytest.mark.slow
def test_the_probability_is_scipys_exact_permutation_test_in_each_of_1000_draws() -> None:
    draw = np.random.default_rng(7)
    for _ in range(1000):
        values = draw.standard_t(2, size=draw.integers(6, 11)) * 0.01
        scores = biweighted(values - 0.004)
        oracle = permutation_test(
            (scores,),
            lambda sample, axis: sample.sum(axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=np.inf,
            alternative="less",
        )
        assert p_below(list(values), 0.004) == pytest.approx(oracle.pvalue, abs=1e-12)


def test_thirty_pairs_are_counted_and_thirty_one_refused() -> None:
    draw = random.Random(1)
    values = [draw.gauss(0, 1) for _ in range(30)]
    assert 0 < p_below(values, 0.0) < 1
    with pytest.raises(ValueError, match="30"):
        p_below([*values, 0.0], 0.5)


def test_six_equal_differences_are_the_least_that_can_be_told_from_chance() -> None:
    assert p_below([-0.1] * 6, 0.0) == 2**-6
    interval([-0.1] * 6)
    with pytest.raises(ValueError, match="5 pairs"):
        interval([-0.1] * 5)


def test_two_far_outliers_on_the_wrong_side_do_not_hide_a_slowdown() -> None:
    slower = [-0.031, -0.029, -0.033, -0.028, -0.030, -0.032, -0.027, -0.030]
    assert p_below([*slower, 0.2, 0.3], -0.02) <= ALPHA
    assert interval([*slower, 0.2, 0.3]).estimate == pytest.approx(-0.03, abs=0.002)


def test_values_of_one_size_count_by_their_signs_alone() -> None:
    assert p_below([0.1] * 2 + [-0.1] * 8, 0.0) == pytest.approx((1 + 10 + 45) / 2**10)


def test_a_larger_slowdown_is_not_harder_to_call() -> None:
    noise = [0.0, 0.004, -0.004, 0.002, -0.002, 0.003, -0.003, 0.001, 0.15, -0.001]
    probabilities = [p_below([value - slower for value in noise], -0.02) for slower in (0.03, 0.04, 0.05, 0.1, 0.2)]
    assert all(probability <= 0.005 for probability in probabilities)


@given(differences, st.floats(-0.2, 0.2))
def test_shifting_everything_shifts_the_interval(values: list[float], shift: float) -> None:
    one, other = interval(values), interval([value + shift for value in values])
    assert other == pytest.approx([end + shift for end in one], abs=1e-6)


@given(differences)
def test_swapping_the_sides_mirrors_the_interval(values: list[float]) -> None:
    one, other = interval(values), interval([-value for value in values])
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=1e-9)
    assert p_above(values, 0.01) == p_below([-value for value in values], -0.01)


@given(differences)
def test_an_interval_holds_its_estimate_and_ends_where_the_probability_passes_alpha(values: list[float]) -> None:
    found = interval(values)
    assert found.low <= found.estimate <= found.high
    assert p_below(values, found.high) <= ALPHA
    assert p_above(values, found.low) <= ALPHA


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw = random.Random(3)
    samples = [[draw.gauss(0.01, 0.005) for _ in range(8)] for _ in range(400)]
    missed = sum(not found.low <= 0.01 <= found.high for found in map(interval, samples))
    assert missed <= 32  # 5 % of 400, and three standard deviations of the count


def test_an_outlier_beyond_every_power_of_the_spread_has_no_weight() -> None:
    """Four differences but for the last digits of a float the same, and two far from them."""
    found = interval([0.0, 1e-200, 2e-200, 3e-200, 0.1, 0.2])
    assert found.estimate == pytest.approx(0, abs=1e-12)


def test_what_is_far_out_on_either_side_has_no_weight() -> None:
    near = [-0.01, 0.0, 0.002, 0.004, 0.006, 0.01, 0.012]
    assert tuple(interval([*near, 5.0])) == pytest.approx(tuple(interval([*near, 500.0])), abs=1e-5)
    assert math.isfinite(interval([*near, 5.0]).high)
