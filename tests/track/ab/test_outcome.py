"""Tests what an A/B ends in when a side fails, ends early or computes something else."""

from __future__ import annotations

from typing import Any

import pytest

from flopsbench.result.types import Case, ComputeRecord, Proof, Said
from flopsbench.runs.request import options_of
from flopsbench.track.ab.cases import DISTURBED, CasePairs
from flopsbench.track.ab.looks import flagged, judged
from flopsbench.track.ab.outcome import outcome
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.turns import SideCase
from flopsbench.track.comparison import Change
from tests.documents import case, result, stats

SIDE = Side("side", options_of(["cpu"]))
SLOW = [-0.2 + shift for shift in (0.001, -0.001, 0.002, -0.002, 0.0005, -0.0005, 0.0015, -0.0015)]
SAME = [value + 0.2 for value in SLOW]
WRONG = case("failed", reason="C is wrong", proof=Proof("Freivalds", False, 1e-4, "after timing"))
DEAD = case("failed", reason="the process that measured it died: killed by signal 9 (out of memory?)")
NONE = case("unsupported", reason="no such unit")
SEEMS_SLOW = case("unsupported", reason="no fast fp32 path here", reason_said=Said("no_fast_path", {}), dtype="fp32")
FULL = case("skipped", reason="MemoryError: no room for C")


def measured(name: str = "cpu case", **fields: Any) -> CasePairs:
    side = SideCase(SIDE, case(), "cpu " + case().case)
    return CasePairs(**{"name": name, "a": side, "b": side} | fields)


def change(pairs: CasePairs) -> Change:
    (found,) = outcome([pairs], result(case()), result(case()), ("A", "B"), 0.02).comparison.changes
    return found


@pytest.mark.parametrize(
    ("base", "new", "verdict", "told"),
    [
        (case(), DEAD, "failed", "side B: the process"),
        (case(), WRONG, "failed", "side B: C is wrong"),
        (case(), NONE, "failed", "side B: no such unit"),
        (case(), FULL, "failed", "side B: MemoryError"),
        (NONE, case(), "new", "side A cannot run it: no such unit"),
        (DEAD, case(), "inconclusive", "side A: the process"),
        (FULL, case(), "inconclusive", "side A: MemoryError"),
        (WRONG, case(), "failed", "side A: C is wrong"),
        (NONE, NONE, "not run", "no such unit"),
        (FULL, FULL, "not run", "MemoryError"),
        (NONE, FULL, "not run", "MemoryError"),
        (WRONG, WRONG, "failed", "side B: C is wrong"),
        (case(), SEEMS_SLOW, "inconclusive", "side B: no fast fp32 path"),
        (SEEMS_SLOW, case(), "inconclusive", "side A: no fast fp32 path"),
        (SEEMS_SLOW, DEAD, "failed", "side B: the process"),
        (SEEMS_SLOW, SEEMS_SLOW, "not run", "no fast fp32 path"),
    ],
)
def test_a_process_without_a_rate_decides_whatever_was_seen_before(
    base: Case, new: Case, verdict: str, told: str
) -> None:
    for values in ([], SLOW):
        found = change(measured(base=[base], new=[new], values=values))
        assert found.verdict == verdict
        assert (found.reason or "").startswith(told)
        assert found.estimate is None


@pytest.mark.parametrize("code", DISTURBED)
def test_the_pair_of_a_disturbed_process_is_set_aside_and_the_others_tell(code: str) -> None:
    disturbed = case("failed", reason="its times are in doubt", reason_said=Said(code, {}))
    pairs = measured(base=[case()] * 8, new=[case()] * 7 + [disturbed], values=SAME[:7])
    assert pairs.alive
    told = outcome([pairs], result(case()), result(case()), ("A", "B"), 0.02).comparison
    assert told.changes[0].verdict == "unchanged"
    assert any("pairs are set aside: 1;" in note and "its times are in doubt" in note for note in told.notes)
    few = change(measured(base=[case()] * 8, new=[disturbed] * 8, values=[]))
    assert (few.verdict, few.reason) == ("inconclusive", "side B: its times are in doubt")
    assert not measured(base=[WRONG], new=[disturbed]).alive


def test_a_side_that_lacks_the_case() -> None:
    assert change(measured(b=None)).verdict == "missing"
    assert change(measured(a=None)).verdict == "new"


def test_a_case_is_named_with_its_device() -> None:
    assert change(measured(values=SAME)).case == "cpu " + case().case


def test_what_looks_slower_is_a_regression_only_after_the_second_look() -> None:
    assert flagged([measured(values=SLOW), measured("other", values=SAME)], 0.02) == {"cpu case"}
    assert change(measured(values=SLOW, second_look=SLOW)).verdict == "regression"
    assert change(measured(values=SLOW, second_look=SAME)).verdict == "inconclusive"
    interrupted = change(measured(values=SLOW, second_look=SLOW[:3]))
    assert interrupted.verdict == "inconclusive"
    assert "interrupted before the second look" in (interrupted.reason or "")


def test_a_case_that_breaks_later_was_tested_together_with_the_others_all_the_same() -> None:
    """Otherwise another one could become a regression that nobody looked at twice."""
    quiet = [measured(f"quiet {n}", values=SAME) for n in range(6)]
    slow = measured("slow", values=SLOW[:8])
    assert judged([slow, *quiet], 0.02)["slow"].verdict == "inconclusive"
    quiet[0].new.append(DEAD)
    assert (
        judged([slow, *quiet], 0.02)["slow"].reason
        == judged([slow, *quiet[1:], measured("q", values=SAME)], 0.02)["slow"].reason
    )
    assert "stood alone" in (judged([slow, *quiet], 0.02)["slow"].reason or "")


def test_sides_that_compute_something_else_are_told_so() -> None:
    def computing(math: str, library: str) -> Case:
        return case(compute=ComputeRecord("fp32", "fp32", "fp32", "fp32", library, math))

    base, new = result(computing("ieee", "MKL 2024")), result(computing("tf32", "cuBLAS 12"))
    found = outcome([measured(values=SAME)], base, new, ("A", "B"), 0.02).comparison.changes[0]
    assert found.differences == ["library MKL 2024 -> cuBLAS 12", "math ieee -> tf32"]


def test_more_cases_than_the_pairs_can_call_are_said() -> None:
    cases = [measured(f"case {n}", values=SAME[:6]) for n in range(2)]
    told = outcome(cases, result(case()), result(case()), ("A", "B"), 0.02).comparison.notes
    assert any("6 pairs can call a change in at most 1 cases at once; there are 2" in note for note in told)


@pytest.mark.parametrize(
    ("base", "new", "seems"),
    [
        (1.0, 0.82, False),  # within the interval of the pairs
        (1.0, 1.02, True),  # another sign
        (1.0, 0.5, True),  # another size
        (1.0, 0.81, False),
    ],
)
def test_a_change_that_is_not_the_ratio_of_the_two_rates_is_explained(base: float, new: float, seems: bool) -> None:
    sides = [result(case(stats=stats(median=rate * 1e12))) for rate in (base, new)]
    told = outcome([measured(values=SLOW, second_look=SLOW)], *sides, ("A", "B"), 0.02).comparison
    assert (told.changes[0].base_per_s, told.changes[0].new_per_s) == (base * 1e12, new * 1e12)
    assert any("fp32 numpy 1024³" in note and "centre of the pairs" in note for note in told.notes) == seems


def test_rates_that_differ_by_less_than_is_printed_are_not_explained() -> None:
    sides = [result(case(stats=stats(median=rate))) for rate in (1e12, 1.0001e12)]
    values = [value - 0.0003 for value in SAME]
    told = outcome([measured(values=values)], *sides, ("A", "B"), 0.02).comparison
    assert not any("centre of the pairs" in note for note in told.notes)
