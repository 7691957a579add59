"""Tests change points: the cheapest partition, against all others, and what noise may not do."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopsbench.track.history.changepoint import (
    CLIP_SIGMAS,
    FEWEST_POINTS,
    PENALTY,
    SIGMA_FLOOR,
    Segment,
    clipped,
    moved,
    partition,
    segments,
    settled,
    sigma,
    smallest_step,
)
from tests.perf.change_points import alarmed, ever_alarmed, found, made

NUMBERS = st.lists(st.floats(-50, 50), min_size=3, max_size=40)
LOGARITHMS = st.lists(st.floats(-0.5, 0.5), min_size=0, max_size=40)


def cost(values, starts):
    """Return what a partition costs without its penalty."""
    parts = [values[start:stop] for start, stop in pairwise([*starts, len(values)])]
    return sum(sum(abs(value - median(part)) for value in part) for part in parts)


def stepped(draw, count):
    """Draw a series with a few steps of a few sigma, and outliers."""
    level, values = 0.0, []
    for _ in range(count):
        level += draw.choice([0] * 15 + [2, -3, 5])
        values.append(draw.gauss(level, 1) - 10 * (draw.random() < 0.05))
    return values


def cheapest(values, penalty):
    """Return the least cost of any partition with at least three points per segment, and its starts.

    Optimal partitioning (B. Jackson et al., 2005) as the paper has it: for each end, every start of the last segment
    is tried, and nothing is pruned or updated.
    """
    best = {0: (-penalty, [])}
    for stop in range(3, len(values) + 1):
        tried = [
            (best[start][0] + cost(values[start:stop], [0]) + penalty, [*best[start][1], start])
            for start in (0, *range(3, stop - 2))
            if start in best
        ]
        best[stop] = min(tried)
    return best[len(values)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_the_partition_is_as_cheap_as_the_cheapest_of_all(seed):
    draw = random.Random(seed)
    values = stepped(draw, draw.randrange(6, 90))
    penalty = draw.choice([1.0, 3.0]) * math.log(len(values))
    starts = partition(values, penalty)
    total = cost(values, starts) + penalty * (len(starts) - 1)
    assert total == pytest.approx(cheapest(values, penalty)[0])  # places may tie


@pytest.mark.slow
def test_a_longer_series_is_cut_where_the_cheapest_partition_is():
    values = stepped(random.Random(7), 160)
    penalty = 3 * math.log(160)
    assert partition(values, penalty) == cheapest(values, penalty)[1]


@given(NUMBERS, st.floats(0.1, 20))
def test_no_single_cut_and_no_merger_is_cheaper(values, penalty):
    starts = partition(values, penalty)
    total = cost(values, starts) + penalty * (len(starts) - 1)
    others = [[start for start in starts if start != dropped] for dropped in starts[1:]]
    others += [sorted({*starts, cut}) for cut in range(3, len(values) - 2)]
    for other in others:
        if all(stop - start >= 3 for start, stop in pairwise([*other, len(values)])):
            assert total <= cost(values, other) + penalty * (len(other) - 1) + 1e-6


@given(LOGARITHMS)
def test_segments_cover_the_series_in_order_with_at_least_three_points_each(values):
    found = segments(values)
    assert [point for each in found for point in range(each.start, each.stop)] == list(range(len(values)))
    assert len(found) <= 1 or min(each.points for each in found) >= 3
    assert all(each.level == median(values[each.start : each.stop]) for each in found)


def objective(values):
    """Return what the partition costs; equally cheap partitions are equally right."""
    noise, penalty = sigma(values), PENALTY * math.log(len(values))
    scaled = [value / noise for value in clipped(values, noise)]
    starts = partition(scaled, penalty)
    return cost(scaled, starts) + penalty * (len(starts) - 1)


LONG = st.lists(st.floats(-0.5, 0.5), min_size=FEWEST_POINTS, max_size=40)


@given(LONG, st.floats(-30, 30))
def test_a_machine_of_another_speed_has_the_same_change_points(values, shift):
    assert objective([value + shift for value in values]) == pytest.approx(objective(values), rel=1e-6)


@given(LONG)
def test_rises_are_found_as_falls_are(values):
    assert objective([-value for value in values]) == pytest.approx(objective(values), rel=1e-6)


@settings(max_examples=50)
@given(st.lists(st.integers(-500, 500), min_size=3, max_size=40), st.sampled_from([0.25, 2.0, 64.0]))
def test_the_unit_of_the_values_does_not_matter_to_the_partition(numbers, scale):
    scaled = [number * scale for number in numbers]
    assert partition(numbers, 16.0) == partition(scaled, 16.0 * scale)


@pytest.mark.parametrize("count", [0, 1, 2, 3, FEWEST_POINTS - 1])
def test_a_short_series_is_one_level_whatever_it_holds(count):
    values = [float(index) for index in range(count)]
    assert segments(values) == ([Segment(0, count, median(values))] if count else [])


def test_the_same_number_every_time_is_one_level():
    assert segments([27.0] * 50) == [Segment(0, 50, 27.0)]


def test_the_last_digit_of_quantised_rates_is_no_change():
    assert len(segments([0.0] * 30 + [0.0002] * 30)) == 1


def test_quantised_rates_that_really_fall_are_found():
    assert [each.start for each in segments([0.0] * 30 + [-0.02] * 30)] == [0, 30]


def test_a_partition_of_nothing_is_refused():
    with pytest.raises(ValueError, match="2 values are fewer than one segment of 3"):
        partition([1.0, 2.0], 1.0)


def test_sigma_is_that_of_the_noise_whatever_the_steps_and_outliers():
    draw = random.Random(5)
    assert sigma(made(draw, 0.2, points=2000)) == pytest.approx(0.005, rel=0.15)


@pytest.mark.parametrize("values", [[], [3.0], [1.0, 1.0, 1.0, 1.0]])
def test_sigma_is_never_zero(values):
    assert sigma(values) == SIGMA_FLOOR


@given(LOGARITHMS, st.floats(0.001, 0.1))
def test_clipping_moves_no_value_that_is_near_its_neighbours_and_none_beyond_them(values, noise):
    for at, (before, after) in enumerate(zip(values, clipped(values, noise), strict=True)):
        centre = median(values[max(0, at - 5) : at + 6])
        assert abs(after - centre) <= CLIP_SIGMAS * noise * (1 + 1e-9) + 1e-15
        assert after == before or abs(before - centre) > CLIP_SIGMAS * noise * (1 - 1e-9)


def test_one_slow_point_at_the_end_is_seen_and_is_no_level():
    values = [*made(random.Random(2), outliers=0), -0.1]
    (only,) = segments(values)
    tail = moved(values, only)
    assert tail is not None
    assert (tail.points, round(tail.by, 2)) == (1, -0.1)


def test_two_slow_points_at_the_end_are_seen_together():
    values = [*made(random.Random(2), outliers=0), -0.05, -0.06]
    tail = moved(values, segments(values)[-1])
    assert tail is not None
    assert tail.points == 2


def test_a_slow_and_a_fast_point_are_not_one_movement():
    values = [*made(random.Random(2), outliers=0), -0.05, 0.06]
    tail = moved(values, segments(values)[-1])
    assert tail is not None
    assert (tail.points, tail.by > 0) == (1, True)


def test_a_quiet_end_has_not_moved():
    values = made(random.Random(2), outliers=0)
    assert moved(values, segments(values)[-1]) is None


def test_a_flat_series_with_outliers_has_hardly_ever_a_change_point():
    draw = random.Random(11)
    assert sum(alarmed(made(draw)) for _ in range(30)) <= 1


@pytest.mark.slow
def test_a_flat_series_checked_after_each_push_is_hardly_ever_alarmed():
    draw = random.Random(12)
    assert sum(ever_alarmed(made(draw)) for _ in range(12)) <= 1


def test_a_step_of_two_per_cent_is_found():
    draw = random.Random(13)
    assert sum(found(made(draw, 0.02)) for _ in range(30)) >= 25


@pytest.mark.parametrize("after", [3, 4, 5, 8])
@pytest.mark.parametrize("step", [0.05, -0.05, 0.3])
def test_a_plain_step_is_found_at_its_place_from_its_third_point_on(after, step):
    for seed in range(10):
        draw = random.Random(seed)
        flat = made(draw, points=40 + after, outliers=0)
        values = [value - step * (index >= 40) for index, value in enumerate(flat)]
        assert [each.start for each in segments(values)] == [0, 40]


def test_three_disturbed_runs_in_a_row_are_no_level():
    values = [*made(random.Random(2), outliers=0), -0.06, -0.15, -0.25]
    assert len(segments(values)) == 1


def test_a_boundary_settles_where_the_unclipped_values_cost_least():
    values = [0.0] * 10 + [1.0] * 10
    for start in (7, 8, 9, 10, 11, 12, 13):
        assert settled(values, [0, start]) == [0, 10]


@given(LONG, st.data())
def test_settling_keeps_three_points_a_segment_and_moves_no_boundary_further_than_three(values, data):
    starts = [0]
    while len(values) - starts[-1] >= 6 and data.draw(st.booleans()):
        starts.append(data.draw(st.integers(starts[-1] + 3, len(values) - 3)))
    moved_to = settled(values, starts)
    assert all(stop - start >= 3 for start, stop in pairwise([*moved_to, len(values)]))
    assert all(abs(before - after) <= 3 for before, after in zip(starts, moved_to, strict=True))


def test_without_clipping_the_same_series_would_alarm(monkeypatch):
    draw = random.Random(14)
    flat = [made(draw, points=60, outliers=0.1) for _ in range(60)]
    clipping = sum(map(alarmed, flat))
    monkeypatch.setattr("flopsbench.track.history.changepoint.CLIP_SIGMAS", math.inf)
    assert sum(map(alarmed, flat)) > clipping


def test_a_step_as_large_as_said_is_found_nine_times_of_ten():
    draw, points = random.Random(15), 40
    step = smallest_step(points, 0.005)
    late = [
        [value - step * (index >= 30) for index, value in enumerate(made(draw, 0, points, outliers=0))]
        for _ in range(100)
    ]
    assert 80 <= sum(map(alarmed, late)) <= 99


def test_a_longer_and_a_quieter_series_show_smaller_steps():
    assert smallest_step(10, 0.005) > smallest_step(40, 0.005) > smallest_step(40, 0.002)


def test_a_step_must_be_measured_as_more_than_the_margin():
    assert smallest_step(100, 0.001, margin=0.05) > 0.05
