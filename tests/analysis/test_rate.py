"""Figures from blocks of known seconds: exact, so that a wrong formula cannot hide behind noise."""

from __future__ import annotations

import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.analysis.rate import FEWEST_PROCESSES, rate_of, summarise, under_quota
from flopsbench.result.types import Efficiency, Process, Virtualisation
from tests.documents import case, host, process, telemetry

FLOP = 1_000_000_000  # of one launch
EXACTLY = 1e-12


def of_rate(giga_per_s: float, **fields: object) -> Process:
    """A process all of whose ten blocks, of ten launches, ran at this rate."""
    return process([10 * FLOP / (giga_per_s * 1e9)] * 10, loops=10, **fields)


def test_blocks_of_known_seconds_give_the_rate_exactly():
    rate = rate_of([process([0.25] * 12, loops=25)], FLOP)
    assert (rate.median, rate.low, rate.high, rate.best) == (100e9, 100e9, 100e9, 100e9)
    assert rate.basis == "blocks"


def test_the_rate_is_work_over_the_median_time_not_the_mean():
    block_s = [0.1] * 6 + [0.2] * 5
    assert rate_of([process(block_s, loops=1)], FLOP).median == FLOP / 0.1


def test_times_are_averaged_and_rates_never():
    assert rate_of([process([0.1, 0.3], loops=1)], FLOP).median == pytest.approx(FLOP / 0.2, rel=EXACTLY)


def test_the_slow_end_of_the_times_is_the_low_end_of_the_rate():
    rate = rate_of([process([0.1, 0.2, 0.4], loops=1)], FLOP)
    assert (rate.low, rate.median, rate.high) == (FLOP / 0.4, FLOP / 0.2, FLOP / 0.1)


def test_the_best_is_the_fastest_block_of_any_process():
    slow, fast = of_rate(100), process([0.1] * 9 + [0.05], loops=10)
    assert rate_of([slow, fast], FLOP).best == pytest.approx(200e9, rel=EXACTLY)


def test_launches_a_block_may_differ_between_processes():
    rate = rate_of([process([0.1] * 6, loops=10), process([0.2] * 6, loops=20)], FLOP)
    assert rate.low == rate.high == pytest.approx(100e9, rel=EXACTLY)


@pytest.mark.parametrize("count", [1, 2])
def test_of_fewer_than_three_processes_the_interval_is_over_their_blocks(count):
    assert rate_of([of_rate(100)] * count, FLOP).basis == "blocks"


def test_from_three_processes_the_interval_is_over_processes():
    processes = [of_rate(rate) for rate in (90, 100, 120)]
    rate = rate_of(processes, FLOP)
    assert FEWEST_PROCESSES == 3
    assert rate.basis == "processes"
    assert rate.median == pytest.approx(100e9, rel=EXACTLY)
    assert rate.low < 90e9  # by Student's t, far wider than the blocks, which do not scatter at all
    assert rate.high > 120e9


def test_a_process_counts_once_however_many_blocks_it_has():
    many = process([0.2] * 50, loops=10)
    assert rate_of([of_rate(100), of_rate(100), many], FLOP).median == pytest.approx(100e9, rel=EXACTLY)


def test_a_process_counts_with_the_median_of_its_blocks():
    scattered = process([0.05] + [0.1] * 3 + [0.4], loops=10)
    rate = rate_of([scattered] * 3, FLOP)
    assert rate.basis == "processes"
    assert [rate.low, rate.median, rate.high] == pytest.approx([100e9] * 3, rel=EXACTLY)


def test_under_a_quota_the_rate_is_total_work_over_total_time():
    """Nine blocks before the quota is used up, one that waits for the next period: the median would flatter."""
    throttled = process([0.1] * 9 + [1.1], loops=10)
    rate = rate_of([throttled], FLOP, quota=True)
    assert rate.basis == "total"
    assert rate.median == pytest.approx(10 * 10 * FLOP / 2.0, rel=EXACTLY)
    assert rate.low <= rate.median <= rate.high == pytest.approx(100e9, rel=EXACTLY)
    assert rate_of([throttled], FLOP).median == pytest.approx(100e9, rel=EXACTLY)


def test_under_a_quota_three_processes_are_one_total_too():
    rate = rate_of([of_rate(100), of_rate(100), of_rate(50)], FLOP, quota=True)
    assert rate.basis == "total"
    assert rate.median == pytest.approx(75e9, rel=EXACTLY)


def test_the_share_of_the_ceiling_is_the_median_over_blocks_of_the_paired_shares():
    """The machine slows to half for most blocks: rate over *all* ceilings would be wrong, rate over its own is 80 %."""
    fast, slow = (0.1, (125e9, 125e9)), (0.2, (62.5e9, 62.5e9))
    blocks = [fast] * 4 + [slow] * 6
    one = process([seconds for seconds, _ in blocks], loops=10, block_ceilings=[pair for _, pair in blocks])
    assert summarise([one], FLOP, "FLOP/s").efficiency.ceiling == pytest.approx(0.8, rel=EXACTLY)


def test_a_block_that_ran_badly_does_not_move_the_share():
    one = process([0.1, 0.1, 0.1, 0.2, 0.05], loops=10, block_ceilings=[(200e9, 200e9)] * 5)
    assert summarise([one], FLOP, "FLOP/s").efficiency.ceiling == pytest.approx(0.5, rel=EXACTLY)


def test_a_block_is_set_beside_the_mean_of_the_ceilings_before_and_after_it():
    one = process([0.1] * 10, loops=10, block_ceilings=[(100e9, 300e9)] * 10)
    assert summarise([one], FLOP, "FLOP/s").efficiency.ceiling == pytest.approx(0.5, rel=EXACTLY)


def test_the_share_of_the_ceiling_is_the_median_over_processes():
    processes = [of_rate(rate, block_ceilings=[(200e9, 200e9)] * 10) for rate in (100, 120, 180)]
    assert summarise(processes, FLOP, "FLOP/s").efficiency.ceiling == pytest.approx(0.6, rel=EXACTLY)


def test_a_process_without_ceilings_does_not_count_among_the_shares():
    bracketed = of_rate(100, block_ceilings=[(200e9, 200e9)] * 10)
    assert summarise([bracketed, of_rate(10)], FLOP, "FLOP/s").efficiency.ceiling == pytest.approx(0.5, rel=EXACTLY)


def test_the_shares_of_peaks_are_never_clamped():
    processes = [of_rate(100, telemetry=telemetry(clock_hz=1.6e9))]
    efficiency = summarise(processes, FLOP, "FLOP/s", peak_per_s=80e9, flop_per_hz=50).efficiency
    assert efficiency.peak == pytest.approx(1.25, rel=EXACTLY)
    assert efficiency.peak_at_clock == pytest.approx(1.25, rel=EXACTLY)


def test_the_clock_seen_is_the_median_over_the_processes_that_saw_one():
    clocks = [1e9, 2e9, None, 4e9]
    processes = [of_rate(100, telemetry=telemetry(clock_hz=clock)) for clock in clocks]
    efficiency = summarise(processes, FLOP, "FLOP/s", flop_per_hz=100).efficiency
    assert efficiency.peak_at_clock == pytest.approx(0.5, rel=EXACTLY)


def test_work_per_joule_is_all_timed_work_over_all_energy():
    """Blocks that were thinned away took energy too: blocks_total counts, not what is kept."""
    first = process([0.1] * 10, loops=10, blocks_total=30, telemetry=telemetry(energy_j=50.0))
    second = process([0.1] * 10, loops=20, blocks_total=10, telemetry=telemetry(energy_j=50.0))
    assert summarise([first, second], FLOP, "FLOP/s").per_joule == pytest.approx(500 * FLOP / 100, rel=EXACTLY)


def test_a_process_whose_energy_is_not_known_does_not_count_per_joule():
    metered = of_rate(100, telemetry=telemetry(energy_j=100.0))
    assert summarise([metered, of_rate(100)], FLOP, "FLOP/s").per_joule == pytest.approx(FLOP, rel=EXACTLY)


def test_what_is_not_known_is_absent():
    stats = summarise([of_rate(100)], FLOP, "OP/s")
    assert stats.unit == "OP/s"
    assert stats.efficiency == Efficiency(ceiling=None, peak=None, peak_at_clock=None)
    assert stats.per_joule is None


@pytest.mark.parametrize(("flop_per_hz", "clock_hz"), [(None, 1e9), (100, None)])
def test_the_peak_at_the_clock_needs_both_work_per_clock_and_a_clock(flop_per_hz, clock_hz):
    processes = [of_rate(100, telemetry=telemetry(clock_hz=clock_hz))]
    assert summarise(processes, FLOP, "FLOP/s", flop_per_hz=flop_per_hz).efficiency.peak_at_clock is None


seconds = st.floats(1e-3, 10)


@given(st.lists(st.lists(seconds, min_size=1, max_size=12), min_size=1, max_size=8), st.booleans())
def test_a_rate_lies_in_its_interval_and_below_the_best(blocks, quota):
    rate = rate_of([process(block_s, loops=3) for block_s in blocks], FLOP, quota)
    nearly = 1 + 1e-9
    assert rate.low <= rate.median * nearly
    assert rate.median <= rate.high * nearly
    assert rate.median <= rate.best * nearly
    assert math.isfinite(rate.high)


@given(st.lists(seconds, min_size=1, max_size=30), st.integers(1, 1000))
def test_anyone_can_compute_the_rate_of_one_process_again(block_s, loops):
    assert rate_of([process(block_s, loops=loops)], FLOP).median == pytest.approx(
        FLOP * loops / median(block_s), rel=1e-9
    )


def test_a_quota_is_one_of_the_cpus_alone() -> None:
    bound = host(virtualisation=Virtualisation(quota_cpus=1.5))
    assert under_quota(case(), bound)
    assert not under_quota(case(device="cuda:0"), bound)
    assert not any(under_quota(case(), each) for each in (host(), host(virtualisation=Virtualisation())))
