"""Intervals against scipy, against enumeration, and by what must hold for every sample."""

from __future__ import annotations

import itertools
import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from flopsbench.stats import (
    FEWEST_FOR_SIGNED_RANK,
    T_QUANTILE,
    Interval,
    known_median,
    median_interval,
    process_interval,
    signed_rank_critical,
    thinned,
)

seconds = st.floats(1e-6, 1e3, allow_nan=False)
samples = st.lists(seconds, min_size=1, max_size=80)
several = st.lists(seconds, min_size=2, max_size=12)


def rank_of(count: int) -> int:
    """Which order statistic the interval of ``count`` different values begins with, counted from 0."""
    low = median_interval([float(value) for value in range(1, count + 1)]).low
    return int(low) - 1


def coverage(count: int, rank: int) -> float:
    """How often the order statistics ``rank`` from either end hold the true median."""
    return 1 - 2 * float(scipy_stats.binom.cdf(rank, count, 0.5))


@pytest.mark.parametrize("count", range(6, 61))
def test_the_interval_of_a_median_covers_with_95_percent_and_no_narrower_one_does(count):
    rank = rank_of(count)
    assert coverage(count, rank) >= 0.95
    assert coverage(count, rank + 1) < 0.95


@pytest.mark.parametrize("count", range(1, 6))
def test_of_fewer_than_6_values_the_whole_range_stands_in(count):
    values = [float(value) for value in range(1, count + 1)]
    assert coverage(count, 0) < 0.95
    assert median_interval(values) == Interval(median(values), 1.0, float(count))


@pytest.mark.parametrize("count", range(6, 61))
def test_the_interval_of_a_median_is_symmetric_in_rank(count):
    interval = median_interval([float(value) for value in range(count)])
    assert interval.low + interval.high == count - 1


@pytest.mark.parametrize("count", range(6, 13))
def test_the_signed_rank_critical_value_is_that_of_all_sign_patterns(count):
    sums = [
        sum(rank for rank, positive in enumerate(signs, 1) if positive)
        for signs in itertools.product((0, 1), repeat=count)
    ]

    def tail(w: int) -> float:
        return sum(each <= w for each in sums) / len(sums)

    critical = signed_rank_critical(count)
    assert tail(critical) <= 0.025 < tail(critical + 1)


@pytest.mark.parametrize(("count", "published"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52)])
def test_the_signed_rank_critical_values_are_those_of_published_tables(count, published):
    assert signed_rank_critical(count) == published


@pytest.mark.parametrize("count", range(FEWEST_FOR_SIGNED_RANK, 15))
def test_the_signed_rank_interval_holds_what_scipys_exact_test_does_not_reject(count):
    draw = random.Random(count)
    values = [draw.lognormvariate(0, 0.1) for _ in range(count)]
    _, low, high = process_interval(values)

    def p_value(centre: float) -> float:
        return float(scipy_stats.wilcoxon([value - centre for value in values], method="exact").pvalue)

    margin = 1e-9
    assert p_value(low + margin) > 0.05
    assert p_value(high - margin) > 0.05
    assert p_value(low - margin) <= 0.05
    assert p_value(high + margin) <= 0.05


@pytest.mark.parametrize("degrees", T_QUANTILE)
def test_the_quantiles_of_t_are_scipys(degrees):
    assert T_QUANTILE[degrees] == pytest.approx(scipy_stats.t.ppf(0.975, degrees), rel=1e-5)


@pytest.mark.parametrize("count", range(2, FEWEST_FOR_SIGNED_RANK))
def test_few_processes_get_scipys_t_interval_on_logarithms(count):
    values = [1.0, 1.1, 1.05, 0.98, 1.02][:count]
    logs = [math.log(value) for value in values]
    low, high = scipy_stats.t.interval(0.95, count - 1, loc=sum(logs) / count, scale=scipy_stats.sem(logs))
    interval = process_interval(values)
    assert interval.low == pytest.approx(math.exp(low), rel=1e-5)
    assert interval.high == pytest.approx(math.exp(high), rel=1e-5)


def test_one_process_has_no_interval_over_processes():
    with pytest.raises(ValueError, match="one process"):
        process_interval([1.0])


def test_an_interval_over_processes_is_widened_to_hold_the_median():
    interval = process_interval([1.0] * 5 + [100.0] * 5 + [100.0])  # Walsh averages of two far clusters
    assert interval.low <= interval.estimate == 100.0 <= interval.high


def test_half_a_width_is_relative_to_the_estimate():
    assert Interval(200.0, 190.0, 230.0).relative_half_width == pytest.approx(0.1)


@given(samples)
def test_the_interval_of_a_median_holds_it_and_lies_within_the_values(values):
    interval = median_interval(values)
    assert min(values) <= interval.low <= interval.estimate <= interval.high <= max(values)


@given(several)
def test_the_interval_over_processes_holds_its_estimate_the_median(values):
    interval = process_interval(values)
    assert interval.low <= interval.estimate == median(values) <= interval.high


@given(several, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter(values, shuffler):
    shuffled = shuffler.sample(values, len(values))
    assert median_interval(shuffled) == median_interval(values)
    assert process_interval(shuffled) == pytest.approx(process_interval(values), rel=1e-9)


@given(several, st.floats(1e-3, 1e3))
def test_intervals_scale_with_their_values(values, factor):
    scaled = [value * factor for value in values]
    assert median_interval(scaled) == pytest.approx([part * factor for part in median_interval(values)])
    assert process_interval(scaled) == pytest.approx([part * factor for part in process_interval(values)])


def test_a_single_outlier_does_not_move_the_interval_of_a_median():
    steady = [1.0] * 30
    assert median_interval([*steady, 1000.0]) == Interval(1.0, 1.0, 1.0)


@given(st.lists(st.integers(), max_size=300), st.integers(2, 60))
def test_thinning_keeps_order_first_and_last_and_no_more_than_asked(values, most):
    kept = thinned(list(enumerate(values)), most)
    assert len(kept) == min(len(values), most)
    assert kept == sorted(kept, key=lambda pair: pair[0])
    assert len(set(kept)) == len(kept)
    if values:
        assert (kept[0], kept[-1]) == ((0, values[0]), (len(values) - 1, values[-1]))


@given(st.integers(61, 5000))
def test_thinning_spreads_evenly(count):
    gaps = [after - before for before, after in itertools.pairwise(thinned(range(count), 60))]
    assert max(gaps) - min(gaps) <= 1


def test_thinning_leaves_what_is_few_alone():
    assert thinned((3, 1, 2), 3) == [3, 1, 2]


def test_the_median_is_that_of_what_is_known() -> None:
    assert known_median([3.0, None, 0.0, 1.0]) == 1.0
    assert known_median([None]) is known_median([]) is None
