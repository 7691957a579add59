"""The rules by which sampling ends: every reason is reached, and none too early."""

from __future__ import annotations

import random
from typing import Any

import pytest

from flopsbench.measure.stopping import FEWEST_BLOCKS, MIN_BLOCKS, MOST_BLOCKS_KEPT, SETTLED_AFTER, Stopping

STEADY = [0.1] * MIN_BLOCKS


def rules(**changes: Any) -> Stopping:
    return Stopping(**{"target_half_width": 0.01, "time_s": 6.0} | changes)


def noisy(count: int, width: float = 0.2) -> list[float]:
    """Blocks that scatter evenly over ± ``width``: never within 1 %."""
    draw = random.Random(3)
    return [0.1 * (1 + draw.uniform(-width, width)) for _ in range(count)]


def test_the_method_takes_at_least_10_blocks_and_keeps_60():
    assert (MIN_BLOCKS, MOST_BLOCKS_KEPT, SETTLED_AFTER) == (10, 60, 20)
    assert (rules().min_blocks, rules().max_blocks) == (10, 60)


def test_a_narrow_interval_ends_the_sampling_from_the_least_number_of_blocks():
    assert rules().reason(STEADY, 1.0) == "interval within 1.0%"
    assert rules(target_half_width=0.005).reason(STEADY, 1.0) == "interval within 0.5%"


@pytest.mark.parametrize("elapsed_s", [0.0, 1e6])
def test_before_the_least_number_of_blocks_nothing_ends_it(elapsed_s):
    assert rules().reason(STEADY[:-1], elapsed_s) is None


def test_where_a_profile_allows_it_a_time_that_is_over_ends_it_earlier():
    short = rules(fewest_blocks=FEWEST_BLOCKS)
    blocks = noisy(MIN_BLOCKS)
    assert short.reason(blocks[: FEWEST_BLOCKS - 1], 6.0) is None
    assert short.reason(blocks[:FEWEST_BLOCKS], 6.0) == "time budget"
    assert short.reason(blocks[:FEWEST_BLOCKS], 5.999) is None
    assert short.reason(STEADY[:FEWEST_BLOCKS], 5.999) is None, "a narrow interval of few blocks is luck"


def test_the_range_of_the_fewest_blocks_holds_the_median_with_95_per_cent():
    """The chance that all blocks lie on one side of it is 2 / 2^n."""
    assert 2 / 2**FEWEST_BLOCKS <= 0.05 < 2 / 2 ** (FEWEST_BLOCKS - 1)


def test_a_wide_interval_goes_on():
    assert rules().reason(noisy(MIN_BLOCKS), 1.0) is None


def test_the_time_budget_ends_it():
    assert rules().reason(noisy(MIN_BLOCKS), 5.999) is None
    assert rules().reason(noisy(MIN_BLOCKS), 6.0) == "time budget"


def test_the_block_budget_ends_it():
    restless = [0.1 * (1.5 if index >= 30 else 1 + index / 100) for index in range(MOST_BLOCKS_KEPT)]
    assert rules(max_blocks=12).reason(restless[:12], 1.0) == "block budget"
    assert rules(max_blocks=13).reason(restless[:12], 1.0) is None


def test_noise_that_more_blocks_do_not_narrow_has_settled():
    """Two states that take turns: the interval of their median stays as wide as it is."""
    two_states = [0.1, 0.12] * SETTLED_AFTER
    assert rules().reason(two_states[:SETTLED_AFTER], 1.0) == "noise settled"
    assert rules().reason(two_states[: SETTLED_AFTER - 1], 1.0) is None


def test_noise_that_more_blocks_do_narrow_has_not_settled():
    narrowing = [0.1, 0.12] * 5 + [0.11, 0.1102] * 5
    assert rules(target_half_width=1e-6).reason(narrowing, 1.0) is None


def test_a_target_reached_is_told_before_a_budget_that_ended_too():
    assert rules().reason(STEADY * 6, 100.0) == "interval within 1.0%"
