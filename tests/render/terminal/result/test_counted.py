"""One line that counts: the reasons of grades and of cases that were not run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from flopsbench.render.terminal.result.counted import fitted, grades_counted, not_run_counted
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Case
from flopsbench.words.reason import Reason
from tests.documents import case, result

WIDE = 200


def doubted(dtype: str, *reasons: str, grade: str = "C") -> Case:
    return replace(case(dtype=dtype), grade=grade, **sentence_fields(grade_reasons=reasons))


def left(dtype: str, reason: str, status: str = "unsupported") -> Case:
    return case(status, dtype=dtype, **sentence_fields(reason=reason))


BUSY = Reason("busy_before", busy="57%")


def test_a_shared_reason_is_said_once_with_the_number_of_cases() -> None:
    cases = [doubted("fp64", BUSY), doubted("fp32", BUSY), case(dtype="bf16")]
    assert list(grades_counted(result(*cases), WIDE, "en")) == [
        "Grade C: other programs used 57% of the CPUs (2 of 3 cases)"
    ]
    assert list(grades_counted(result(*cases), WIDE, "zh")) == ["等级C：其他程序占用57%的CPU（3项中2项）"]


def test_causes_stand_before_the_wide_intervals_that_follow_from_them() -> None:
    wide = [Reason("interval_wide", half_width=f"{width}%") for width in (7, 9)]
    moved = Reason("unsteady_ceiling", unsteady=6, blocks=6)
    cases = [doubted("fp64", wide[0], moved, BUSY), doubted("fp32", wide[1], moved, BUSY, grade="B")]
    (line,) = grades_counted(result(*cases), WIDE, "en")
    told = "other programs used 57% of the CPUs (2 of 2 cases), unsteady ceiling (2), wide interval (2)"
    assert line == f"Grade B, C: {told}"


def test_a_sentence_of_an_older_document_is_shown_without_its_details() -> None:
    (line,) = grades_counted(result(doubted("fp64", "the interval is wide: ±6%")), WIDE, "en")
    assert line == "Grade C: the interval is wide (1 of 1 cases)"


def test_no_doubt_is_no_line() -> None:
    assert list(grades_counted(result(case()), WIDE, "en")) == []
    assert list(not_run_counted(result(case()), WIDE, "en")) == []


SLOW = {"rate": "1 GFLOPS", "probed": "512", "shape": "2048", "seconds": "13"}


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "Not run, 5 of 6 cases: numpy has no BLAS path (2), no fast path here (2), interrupted (1)"),
        ("zh", "6项中5项未运行：numpy没有BLAS路径（2项）、此处没有快速的路径（2项）、interrupted（1项）"),
    ],
)
def test_what_was_not_run_is_counted_by_reason_whatever_the_dtype(lang: str, told: str) -> None:
    cases = [case(dtype="fp64")]
    cases += [left(dtype, Reason("numpy_no_blas", dtype=dtype)) for dtype in ("bf16", "fp16")]
    cases += [left(dtype, Reason("no_fast_path", dtype=dtype, **SLOW)) for dtype in ("bf16", "fp16")]
    cases += [left("fp32", "interrupted", "skipped")]
    assert list(not_run_counted(result(*cases), WIDE, lang)) == [told]


def test_an_english_reason_is_counted_in_chinese_too() -> None:
    cases = [left(dtype, f"numpy has no BLAS path for {dtype}") for dtype in ("bf16", "fp16")]
    assert list(not_run_counted(result(case(), *cases), WIDE, "zh")) == ["3项中2项未运行：numpy没有BLAS路径（2项）"]


def test_a_reason_of_one_dtype_keeps_its_name() -> None:
    cases = [case(), left("tf32", Reason("no_tf32_on_cpu"))]
    assert list(not_run_counted(result(*cases), WIDE, "en")) == [
        "Not run, 1 of 2 cases: tf32 is a mode of GPU tensor cores (1)"
    ]


@given(st.lists(st.text("ab字", min_size=1, max_size=30), min_size=1, max_size=8), st.integers(20, 120))
def test_a_line_fits_and_says_how_much_it_leaves_out(parts: list[str], width: int) -> None:
    line = fitted(parts, width, "en")
    shown, _, rest = line.partition(" more: --full")
    assert line.startswith(parts[0])
    if "more" not in line:
        assert line == ", ".join(parts)
    else:
        count = int(shown.rpartition(", ")[2])
        assert shown == ", ".join([*parts[: len(parts) - count], str(count)])
        assert not rest
        more = ", ".join([*parts[: len(parts) - count + 1], *([f"{count - 1} more: --full"] if count > 1 else [])])
        assert cell_len(more) > width  # one more would not have fitted
