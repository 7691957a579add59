"""The rules by which sampling ends: every reason is reached, and none too early."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.measure.stopping import MIN_BLOCKS, MOST_BLOCKS_KEPT, SETTLED_AFTER, Sampling

STEADY = [0.1] * MIN_BLOCKS


def rules(**changes: Any) -> Sampling:
    known = {"block_s": 0.1, "warmup_s": 0.5, "target_half_width": 0.01, "case_time_s": 6.0, "blocks_a_bracket": 5}
    return Sampling(**known | changes)


def noisy(count: int, width: float = 0.2) -> list[float]:
    """Blocks that scatter evenly over ± ``width``: never within 1 %."""
    draw = random.Random(3)
    return [0.1 * (1 + draw.uniform(-width, width)) for _ in range(count)]


def test_the_method_takes_at_least_10_blocks_keeps_60_and_counts_the_last_10_seconds():
    assert (MIN_BLOCKS, MOST_BLOCKS_KEPT, SETTLED_AFTER) == (10, 60, 20)
    assert (rules().min_blocks, rules().max_blocks, rules().sustained_tail_s) == (10, 60, 10.0)


@pytest.mark.parametrize(("launch_s", "loops"), [(0.1, 1), (0.2, 1), (0.05, 2), (0.03, 4), (1e-5, 10_000), (60, 1)])
def test_a_block_is_filled_with_launches(launch_s, loops):
    assert rules().loops(launch_s) == loops


@given(st.floats(1e-7, 10))
def test_a_block_is_never_shorter_than_asked_nor_a_launch_too_long(launch_s):
    loops = rules().loops(launch_s)
    assert loops * launch_s >= 0.1 * (1 - 1e-9)
    assert loops == 1 or (loops - 1) * launch_s < 0.1


def test_a_narrow_interval_ends_the_sampling_from_the_least_number_of_blocks():
    assert rules().reason_to_stop(STEADY, 1.0) == "interval within 1.0%"
    assert rules(target_half_width=0.005).reason_to_stop(STEADY, 1.0) == "interval within 0.5%"


@pytest.mark.parametrize("elapsed_s", [0.0, 1e6])
def test_before_the_least_number_of_blocks_nothing_ends_it(elapsed_s):
    assert rules().reason_to_stop(STEADY[:-1], elapsed_s) is None


def test_a_wide_interval_goes_on():
    assert rules().reason_to_stop(noisy(MIN_BLOCKS), 1.0) is None


def test_the_time_budget_ends_it():
    assert rules().reason_to_stop(noisy(MIN_BLOCKS), 5.999) is None
    assert rules().reason_to_stop(noisy(MIN_BLOCKS), 6.0) == "time budget"


def test_the_block_budget_ends_it():
    restless = [0.1 * (1.5 if index >= 30 else 1 + index / 100) for index in range(MOST_BLOCKS_KEPT)]
    assert rules(max_blocks=12).reason_to_stop(restless[:12], 1.0) == "block budget"
    assert rules(max_blocks=13).reason_to_stop(restless[:12], 1.0) is None


def test_noise_that_more_blocks_do_not_narrow_has_settled():
    """Two states that take turns: the interval of their median stays as wide as it is."""
    two_states = [0.1, 0.12] * SETTLED_AFTER
    assert rules().reason_to_stop(two_states[:SETTLED_AFTER], 1.0) == "noise settled"
    assert rules().reason_to_stop(two_states[: SETTLED_AFTER - 1], 1.0) is None


def test_noise_that_more_blocks_do_narrow_has_not_settled():
    narrowing = [0.1, 0.12] * 5 + [0.11, 0.1102] * 5
    assert rules(target_half_width=1e-6).reason_to_stop(narrowing, 1.0) is None


def test_the_sustained_regime_ends_by_time_alone():
    sustained = rules(sustained_s=30.0)
    assert sustained.reason_to_stop(STEADY * 100, 29.9) is None
    assert sustained.reason_to_stop([0.1], 30.0) == "sustained time reached"


def test_a_target_reached_is_told_before_a_budget_that_ended_too():
    assert rules().reason_to_stop(STEADY * 6, 100.0) == "interval within 1.0%"
