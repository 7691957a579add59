"""Tests which rates make one series, and which Results one point of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flopsbench.result.types import Options, Software
from flopsbench.track.history.series import Point, all_series, counted_points, dated
from tests.documents import device
from tests.track.history.histories import RATE, by_commit, created, daily, measured, results, source, suite, timed


def only_points(made) -> list[Point]:
    (series,) = all_series(made)
    return series.points


def again(rate: float, number: int, day: int, **fields):
    """Return the Result of a job that was run again on a later day."""
    return daily(day, measured(rate), source=source(number), **fields)


def test_a_job_that_is_run_again_joins_the_point_of_its_commit() -> None:
    points = only_points([*by_commit([1e12, 2e12, 3e12]), again(1.2e12, 0, 9), again(1.3e12, 0, 10)])
    assert [point.rate_per_s for point in points] == [1.2e12, 2e12, 3e12]
    assert [len(point.results) for point in points] == [3, 1, 1]
    assert points[0].low_per_s == pytest.approx(0.995e12)
    assert points[0].high_per_s == pytest.approx(1.3e12 * 1.005)


def test_the_environment_of_a_commit_is_that_of_its_first_result() -> None:
    newer = Software(python="3.14.0", versions={"numpy": "9.0.0"})
    made = [*by_commit([1e12, 2e12]), again(1e12, 0, 9, software=newer)]
    assert [point.result for point in only_points(made)] == made[:2]


def test_a_commit_has_the_median_share_of_its_ceilings() -> None:
    made = [daily(day, measured(RATE, ceiling), source=source(0)) for day, ceiling in enumerate((2e12, 4e12, 5e12))]
    (point,) = only_points(made)
    assert point.share == pytest.approx(0.25)
    assert point.ceiling_per_s == pytest.approx(4e12)


def test_results_without_a_commit_are_points_of_their_own() -> None:
    assert [len(point.results) for point in only_points(results([1e12, 1e12]))] == [1, 1]


def test_a_commit_has_the_day_on_which_it_was_made() -> None:
    late = again(1e12, 3, 40)
    assert only_points([late])[0].day == created(3)[:10]
    assert dated(late) == f"{created(3)[:10]} 0000000"
    assert dated(daily(40)) == created(40)[:10]


def test_points_are_counted_as_what_they_are() -> None:
    assert counted_points(only_points(by_commit([1e12]))) == "1 commit"
    assert counted_points(only_points(by_commit([1e12] * 3))) == "3 commits"
    assert counted_points(only_points([*by_commit([1e12]), *results([1e12])])) == "2 Results"


def test_each_call_on_each_machine_is_a_series_beside_the_cases() -> None:
    made = [suite(day, timed("a", 100.0), timed("b", 200.0), source=source(day)) for day in range(3)]
    made += [daily(day, measured(), source=source(day)) for day in range(3)]
    series = {each.case: each for each in all_series(made)}
    assert series.keys() == {"a", "b", "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst"}
    assert [point.rate_per_s for point in series["a"].points] == [100.0] * 3
    assert (series["a"].unit, series["a"].keys["amount"], series["a"].keys["calls"]) == ("call/s", "1", "suite")


@pytest.mark.parametrize("change", ["amount", "unit", "device", "kind", "profile"])
def test_another_amount_of_work_or_another_kind_of_call_begins_a_new_series(change: str) -> None:
    before = suite(0, timed("a", 100.0, amount=5, unit="FLOP/s", stats=measured(100.0).stats))
    (call,) = before.calls
    tool = before.tool
    after = {
        "amount": replace(before, calls=[replace(call, amount=6)]),
        "unit": suite(1, timed("a", 100.0)),
        "device": replace(before, devices=[device(name="another")]),
        "kind": replace(before, tool=replace(tool, options=Options(devices=["cpu"], calls=["command ./a"]))),
        "profile": replace(before, tool=replace(tool, profile="standard")),
    }[change]
    found = all_series([before, after])
    assert [len(each.points) for each in found] == ([1, 1] if change == "device" else [1])
    assert found[-1].points[0].result in (before, after)
