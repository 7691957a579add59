"""Boards: medians of submitters' medians, one row per device, ranked by one thing."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.registry.entry import Entry
from flopsbench.site.model.boards import Board, BoardRow, OwnKernel, Ranking, board_key, make_boards
from tests.site.entries import CPU, H200, by, entry, figure, own


def only_row(*entries: Entry) -> BoardRow:
    (row,) = only_ranking(*entries).rows
    return row


def only_ranking(*entries: Entry) -> Ranking:
    (board,) = make_boards(entries)
    (ranking,) = board.rankings
    return ranking


def keys(boards: list[Board]) -> list[str]:
    return [board.key for board in boards]


def test_a_row_is_the_median_of_submitters_medians() -> None:
    row = only_row(
        by("ann", 1, 100.0), by("ann", 2, 104.0), by("ann", 3, 500.0), by("bob", 4, 110.0), by("cyd", 5, 90.0)
    )
    assert (row.median, row.low, row.high) == (104.0, 90.0, 110.0)
    assert (row.submitters, row.results) == (3, 5)


def test_one_loud_submitter_counts_once() -> None:
    loud = [by("loud", number, 900.0) for number in range(50)]
    assert only_row(*loud, by("ann", 100, 100.0), by("bob", 101, 102.0)).median == 102.0


def test_all_without_a_handle_are_one_submitter() -> None:
    row = only_row(by(None, 1, 100.0, "a"), by(None, 2, 200.0, "b"), by("ann", 3, 300.0))
    assert (row.median, row.submitters) == (225.0, 2)


def test_a_result_counts_with_its_fastest_burst_case() -> None:
    slow, fast = figure(100.0, shape=(512, 512, 512)), figure(200.0)
    assert only_row(entry(1, slow, fast, figure(50.0))).median == 200.0


@pytest.mark.parametrize("unranked", [{"high": 1000.0}, {"low": 1.0}, {"shape": (256, 256, 8192)}])
def test_what_is_not_known_well_or_is_small_has_no_place(unranked: dict[str, Any]) -> None:
    kept, junk = figure(200.0), figure(300.0, **unranked)
    assert only_row(entry(1, kept, junk)).median == 200.0
    assert make_boards([entry(1, junk)]) == []
    assert only_ranking(entry(1, kept, own(300.0, **unranked))).own == []
    assert only_row(entry(1, kept, replace(junk, regime="sustained"))).sustained is None


def test_the_grade_is_that_of_the_newest_result() -> None:
    old, new = by("ann", 1, 900.0), entry(2, figure(100.0, grade="C"), submitter="bob")
    assert only_row(old, new).grade == only_row(new, old).grade == "C"


def test_sustained_cases_stand_beside_and_make_no_row() -> None:
    sustained = figure(180.0, regime="sustained")
    row = only_row(entry(1, figure(200.0), sustained))
    assert (row.median, row.sustained) == (200.0, 180.0)
    assert make_boards([entry(1, sustained)]) == []


def test_the_share_of_sustained_is_taken_within_each_result() -> None:
    burst_alone = entry(1, figure(100.0))
    both = entry(2, figure(200.0), figure(180.0, regime="sustained"))
    assert only_row(burst_alone, both).sustained_share == 0.9
    assert only_row(burst_alone).sustained_share is None


def test_the_share_of_sustained_is_a_median_of_submitters_medians() -> None:
    def kept(number: int, share: float, submitter: str) -> Entry:
        return entry(number, figure(100.0), figure(100.0 * share, regime="sustained"), submitter=submitter)

    loud = [kept(number, 0.5, "loud") for number in range(9)]
    assert only_row(*loud, kept(10, 0.75, "ann"), kept(11, 1.0, "bob")).sustained_share == 0.75


def test_shares_and_power_are_medians_of_those_who_know_them() -> None:
    known = entry(1, figure(200.0, watts=690.0, per_joule=2.9e11, of_ceiling=0.9), submitter="ann")
    silent = entry(2, figure(220.0, of_peak=None), submitter="bob")
    row = only_row(known, silent)
    assert (row.watts, row.per_joule, row.of_ceiling, row.of_peak) == (690.0, 2.9e11, 0.9, 200.0 / 9.89e14)
    assert row.of_peak_at_clock is None


def test_the_newest_result_gives_date_and_versions() -> None:
    old, new = entry(1, versions={"torch": "2.6.0"}), entry(40, versions={"torch": "2.8.0"})
    row = only_row(new, old)
    assert (row.date, row.latest, row.versions) == (new.created, new.page, {"torch": "2.8.0"})


def test_one_handle_in_other_letters_is_one_submitter_who_reproduces_nothing() -> None:
    row = only_row(by("Alice", 1, 100.0, "one machine"), by("alice", 2, 101.0, "another"))
    assert (row.submitters, row.trust) == (1, "self-reported")


def test_a_sole_submitters_range_is_that_of_their_results_intervals() -> None:
    first = entry(1, figure(100.0, low=98.0, high=101.0))
    row = only_row(first)
    assert (row.low, row.high) == (98.0, 101.0)
    row = only_row(first, entry(2, figure(96.0, low=90.0, high=97.0)))
    assert (row.median, row.low, row.high) == (98.0, 90.0, 101.0)
    row = only_row(first, entry(2, figure(96.0, low=90.0, high=97.0), submitter="ann"))
    assert (row.low, row.high) == (96.0, 100.0)


def test_each_dtype_and_math_mode_is_a_board_in_the_order_of_the_dtype_table() -> None:
    modes = [
        ("tf32", "tf32"),
        ("fp32", "ieee, denormals flushed"),
        ("fp32", "ieee"),
        ("bf16", "ieee"),
        ("fp64", "ieee"),
    ]
    boards = make_boards([entry(1, *(figure(dtype=dtype, math=math) for dtype, math in modes))])
    assert keys(boards) == ["fp64-ieee", "fp32-ieee", "fp32-ieee-denormals-flushed", "tf32-tf32", "bf16-ieee"]


@pytest.mark.parametrize(
    ("dtype", "math", "key"),
    [
        ("fp8_e4m3", "ieee, fast accumulation off", "fp8_e4m3-ieee-fast-accumulation-off"),
        ("../x", "<script>/..", "x-script"),
        ("bf16", "...", "bf16-"),
    ],
)
def test_no_key_leaves_its_folder(dtype: str, math: str, key: str) -> None:
    assert board_key(dtype, math) == key


def test_faster_devices_come_first_and_equals_by_name() -> None:
    machines = [H200, CPU, replace(H200, slug="b"), replace(H200, slug="a")]
    figures = [figure(100.0), figure(1.0, device=CPU.slug), figure(100.0, device="b"), figure(100.0, device="a")]
    rows = only_ranking(entry(1, *figures, machines=machines)).rows
    assert [row.machine.slug for row in rows] == ["a", "b", "h200-sxm", CPU.slug]


def test_published_figures_stand_beside_and_make_no_row() -> None:
    (board,) = make_boards([entry(1)])
    assert {figure.dtype for figure in board.published} == {"bf16"}
    assert [len(ranking.rows) for ranking in board.rankings] == [1]
    (eight,) = make_boards([entry(1, figure(dtype="fp8_e4m3"))])
    assert {figure.dtype for figure in eight.published} == {"fp8"}


# --- versions of the method


def test_no_row_has_rates_of_two_methods() -> None:
    (board,) = make_boards([by("ann", 1, 100.0), by("ann", 2, 900.0, method=1), by("bob", 3, 101.0, method=1)])
    assert [(ranking.method, [row.median for row in ranking.rows]) for ranking in board.rankings] == [
        (2, [100.0]),
        (1, [500.5]),
    ]
    assert [row.results for ranking in board.rankings for row in ranking.rows] == [1, 2]


def test_a_figure_of_another_method_reproduces_nothing() -> None:
    same = make_boards([by("ann", 1, 100.0), by("bob", 2, 101.0)])
    apart = make_boards([by("ann", 1, 100.0), by("bob", 2, 101.0, method=1)])
    assert trusts(same) == ["reproduced"]
    assert trusts(apart) == ["self-reported", "self-reported"]


def trusts(boards: list[Board]) -> list[str]:
    return [row.trust for board in boards for ranking in board.rankings for row in ranking.rows]


def test_the_newest_method_comes_first_whatever_is_faster_or_newer() -> None:
    (board,) = make_boards([by("ann", 40, 900.0, method=1), by("ann", 1, 100.0)])
    assert [ranking.method for ranking in board.rankings] == [2, 1]
    (alone,) = make_boards([by("ann", 40, 900.0, method=1)])
    assert [ranking.method for ranking in alone.rankings] == [1]


# --- own kernels


def only_own(*entries: Entry) -> OwnKernel:
    (kernel,) = only_ranking(*entries).own
    return kernel


def test_an_own_kernel_takes_no_place_however_fast_it_is() -> None:
    ranking = only_ranking(entry(1, figure(100.0), own(900.0)))
    assert [row.median for row in ranking.rows] == [100.0]
    assert [(each.backend, each.kernel, each.row.median) for each in ranking.own] == [("cupy", "tiled_sgemm", 900.0)]


def test_its_share_is_that_of_the_vendor_in_the_same_result() -> None:
    kernel = only_own(entry(1, figure(100.0), own(50.0, of_vendor=0.55)), by("bob", 2, 200.0))
    assert (kernel.of_vendor, kernel.by_board) == (0.55, False)


def test_else_that_of_the_devices_row_by_the_same_method() -> None:
    alone, vendor, older = entry(1, own(50.0)), by("ann", 2, 100.0), by("bob", 3, 400.0, method=1)
    (board,) = make_boards([alone, vendor, older])
    (kernel,) = board.rankings[0].own
    assert (kernel.of_vendor, kernel.by_board) == (0.5, True)
    lonely = only_own(alone)
    assert (lonely.of_vendor, lonely.by_board) == (None, False)
    (newest, _) = make_boards([alone, older])[0].rankings
    assert (newest.rows, newest.own[0].of_vendor) == ([], None)


def test_its_share_is_a_median_of_submitters_medians() -> None:
    def kept(number: int, share: float, submitter: str) -> Entry:
        return entry(number, own(100.0, of_vendor=share), submitter=submitter)

    loud = [kept(number, 0.5, "loud") for number in range(9)]
    kernel = only_own(*loud, kept(10, 0.75, "ann"), kept(11, 1.25, "bob"))
    assert (kernel.of_vendor, kernel.row.submitters, kernel.submitter) == (0.75, 3, None)


def test_kernels_that_two_people_call_alike_are_two() -> None:
    mine = [entry(n, own(rate, backend="mine", kernel="prepare"), submitter=by) for n, rate, by in THREE]
    assert [(each.submitter, each.row.results) for each in only_ranking(*mine).own] == [("Bob", 1), ("Ann", 2)]


THREE = [(1, 50.0, "ann"), (2, 51.0, "Ann"), (3, 70.0, "Bob")]


def test_sustained_cases_of_an_own_kernel_are_its_own() -> None:
    kernel = only_own(entry(1, own(100.0), figure(180.0, regime="sustained"), own(90.0, regime="sustained")))
    assert kernel.row.sustained == 90.0


rates = st.floats(1e9, 1e15)


@given(st.lists(st.tuples(st.sampled_from(["ann", "bob", "cyd", None]), rates), min_size=1, max_size=12), st.randoms())
def test_a_row_lies_within_its_range_and_no_order_of_files_matters(
    told: list[tuple[str | None, float]], draw: random.Random
) -> None:
    entries = [by(handle, number, rate) for number, (handle, rate) in enumerate(told)]
    row = only_row(*entries)
    assert row.low <= row.median <= row.high
    assert row.results == len(told)
    draw.shuffle(entries)
    assert only_row(*entries) == row
