"""The EFLOPS page: the ladder, the totals, and how many of each device those would take."""

from __future__ import annotations

import pytest

from flopsbench.registry.entry import Entry
from flopsbench.scale.aggregates import HEADLINES, load_aggregates
from flopsbench.site.model.boards import make_boards
from flopsbench.site.model.totals import Totals, make_totals
from tests.site.entries import CPU, H200, entry, figure, own

GEMM = (
    figure(7e14),
    figure(6e13, dtype="fp64", of_peak=None),
    figure(9e10, dtype="fp64", device=CPU.slug, of_peak=None),
    figure(8e11, dtype="int8", unit="OP/s", device=CPU.slug, of_peak=None),
)


def totals(*entries: Entry) -> Totals:
    return make_totals(make_boards(entries))


@pytest.fixture
def known() -> Totals:
    return totals(entry(1, *GEMM, machines=[CPU, H200]))


def test_the_ladder_leads_from_the_smallest_machine_of_a_precision_to_the_largest_total(known: Totals) -> None:
    assert known.counted_in == "fp16"
    assert [step.rung.prefix for step in known.steps] == ["T", "P", "E", "Z"]
    assert [best.rate_per_s for best in known.steps[0].machines] == [7e14]
    assert "cn-miit-ai-2025" in [total.id for total in known.steps[-1].totals]


def test_the_ladder_is_of_a_precision_that_was_measured() -> None:
    slow = totals(entry(1, *GEMM[2:], machines=[CPU]))
    assert slow.counted_in == "fp64"
    assert [step.rung.prefix for step in slow.steps] == ["G", "T", "P", "E"]
    assert [best.machine.slug for best in slow.steps[0].machines] == [CPU.slug]


def test_one_precision_stands_on_the_ladder(known: Totals) -> None:
    assert all(best.unit == "FLOP/s" for step in known.steps for best in step.machines)
    on_it = {total.id for step in known.steps for total in step.totals}
    of_it = {"fp16", "bf16"}
    rates = [total for total in load_aggregates() if not total.is_count]
    assert on_it == {total.id for total in rates if total.precision_or_assumed in of_it}
    shown = {landmark.mark.precision for step in known.steps for landmark in step.landmarks}
    assert shown <= of_it


def test_every_device_is_compared_with_every_headline_in_its_fairest_dtype(known: Totals) -> None:
    assert [take.machine for take in known.takes] == [CPU, H200]
    assert [total.id for total in known.headlines] == list(HEADLINES)
    for take in known.takes:
        assert [comparison.aggregate for comparison in take.comparisons] == known.headlines
    cpu, gpu = known.takes
    frontier = HEADLINES.index("top500-202606-frontier-rmax")
    (count,) = {comparison.counts.achieved for comparison in [cpu.comparisons[frontier]] if comparison.counts}
    assert count == pytest.approx(1.353e18 / 9e10, rel=0.05)
    assert cpu.comparisons[0].fairness == "not compared"  # FP16, which this CPU has not measured
    assert gpu.comparisons[0].counts is not None


def test_a_peak_is_the_datasheets_or_none(known: Totals) -> None:
    peaks = {(best.machine.slug, best.dtype): best.peak_per_s for best in known.machines}
    assert peaks["h200-sxm", "bf16"] == 9.89e14
    assert peaks[CPU.slug, "fp64"] is None


def test_the_page_opens_with_the_fastest_device_beside_every_total(known: Totals) -> None:
    assert known.chosen is not None
    assert known.chosen.machine == H200
    assert len(known.chosen.comparisons) == len(load_aggregates())


def test_a_device_counts_by_the_newest_method_alone_and_says_so() -> None:
    older = entry(2, figure(9e14), figure(9e13, dtype="fp64"), method=1)
    (best,) = totals(entry(1, figure(7e14)), older).machines
    assert (best.rate_per_s, best.method, best.key) == (7e14, 2, "bf16-ieee")
    alone = totals(older)
    assert {(each.method, each.key) for each in alone.machines} == {
        (1, "fp64-ieee-method-1"),
        (1, "bf16-ieee-method-1"),
    }
    assert [take.method for take in alone.takes] == [1]


def test_own_kernels_count_nowhere() -> None:
    assert totals(entry(1, own())).machines == []


def test_an_empty_registry_has_a_ladder_of_published_figures_alone() -> None:
    empty = totals()
    assert (empty.machines, empty.takes, empty.chosen) == ([], [], None)
    assert [step.rung.prefix for step in empty.steps] == ["T", "P", "E", "Z"]
    assert not any(step.machines for step in empty.steps)


def test_a_dtype_nobody_knows_is_compared_with_nothing() -> None:
    strange = totals(entry(1, figure(dtype="posit16")))
    assert {comparison.fairness for comparison in strange.takes[0].comparisons} == {"not compared"}
