"""Tests a comparison on a terminal of 80 columns."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flopsbench.render.terminal.comparison import caught, percent, report, sentence
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import Verdict

KEY = "gemm/{}/2048x2048x2048/nn/numpy/blas/cpu/burst"
FP32 = "cpu " + KEY.format("fp32")


def change(verdict: Verdict = "unchanged", case: str = FP32, **fields: Any) -> Change:
    figures = {"base_per_s": 1.312e11, "new_per_s": 1.271e11, "estimate": -0.031, "low": -0.036, "high": -0.025}
    return Change(case, verdict, **figures | {"detectable": 0.027} | fields)


def comparison(*changes: Change, **fields: Any) -> Comparison:
    known = {"command": "compare", "base": "main.json", "new": "new.json", "margin": 0.02, "changes": list(changes)}
    return Comparison(**known | fields)


def printed(shown: Comparison, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    console.print(report(shown))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_shows_rates_change_interval_and_verdict() -> None:
    text = printed(comparison(change("regression")))
    row = next(line for line in text.splitlines() if line.startswith("fp32"))
    assert row.split() == ["fp32", "numpy", "2048³", "131.2", "GFLOPS", "127.1", "GFLOPS", "-3.1", "%", "regression"]
    assert "-3.6 to -2.5 %" in text
    assert text.endswith("could have caught: a slowdown of 2.7 % or more\n1 regression (margin 2 %)\n")


def test_a_case_without_rates_shows_dashes_and_its_reason() -> None:
    text = printed(comparison(Change(FP32, "missing", "NEW does not have it")))
    assert "fp32 numpy 2048³  " in text
    assert "Why\n  fp32 numpy 2048³: NEW does not have it" in text
    assert "could have caught" not in text


def test_reasons_that_cases_share_are_said_once() -> None:
    cases = [KEY.format(dtype) for dtype in ("fp32", "fp64")]
    text = printed(comparison(*(change("inconclusive", case, reason="no floor") for case in cases)))
    assert text.count("no floor") == 1
    assert "fp32 numpy 2048³; fp64 numpy 2048³: no floor" in text


def test_what_could_have_been_caught_is_one_line_if_equal_and_one_a_group_otherwise() -> None:
    same = [change(), change(case=KEY.format("fp64"))]
    assert list(caught(same)) == ["could have caught: a slowdown of 2.7 % or more"]
    mixed = [*same, change(case=KEY.format("bf16"), detectable=0.081), change(case="x", detectable=None)]
    assert list(caught(mixed)) == [
        "could have caught: a slowdown of 2.7 % or more in fp32 numpy 2048³; fp64 numpy 2048³",
        "could have caught: a slowdown of 8.1 % or more in bf16 numpy 2048³",
    ]
    assert list(caught([])) == []


def test_the_sentence_counts_verdicts_the_worst_first() -> None:
    verdicts: list[Verdict] = ["unchanged", "regression", "unchanged", "inconclusive", "not run"]
    shown = comparison(*(change(verdict) for verdict in verdicts))
    assert sentence(shown) == "1 regression, 1 inconclusive, 2 unchanged, 1 not run (margin 2 %)"
    assert sentence(comparison(margin=0.025)) == "nothing was compared (margin 2.5 %)"


def test_differences_and_notes_are_told_and_an_interruption_too() -> None:
    text = printed(comparison(change(), differences=["numpy 1 -> 2"], notes=["Mind the gap."], interrupted=True))
    assert "What else is different\n  numpy 1 -> 2" in text
    assert "Notes\n  Mind the gap." in text
    assert "interrupted: the rest was not compared" in text


def test_differences_of_one_case_are_told_with_it_unless_they_are_those_of_all() -> None:
    own = change("regression", differences=["numpy 1 -> 2", "driver 550 -> 560"])
    text = printed(comparison(own, differences=["numpy 1 -> 2"]))
    assert "fp32 numpy 2048³: driver 550 -> 560" in text
    assert text.count("numpy 1 -> 2") == 1


def test_a_regression_in_a_history_says_how_to_accept_it() -> None:
    shown = comparison(change("regression", id="abc123"), command="track check")
    assert "flopsbench track ack abc123" in printed(shown)
    assert "track ack" not in printed(comparison(change("regression", id="abc123")))


def test_markup_in_a_text_is_printed_as_text() -> None:
    assert "[bold]loud[/bold]" in printed(comparison(change(case="[bold]loud[/bold]"), base="[red]x[/red]"))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = "cuda:1 gemm/fp8_e4m3/16384x16384x16384/nt/cupy/tensor_core/cuda/sustained"
    text = printed(comparison(change("inconclusive", long, reason="because " * 30)), width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width


@given(st.floats(-1, 100))
def test_a_percentage_has_its_sign_and_one_digit_after_the_point(share: float) -> None:
    shown = percent(share)
    assert shown[0] in "+-"
    assert float(shown.removesuffix(" %")) == pytest.approx(100 * share, abs=0.0501)


@pytest.mark.parametrize("width", range(40, 100, 7))
def test_no_line_ends_within_the_name_of_a_case(width: int) -> None:
    cases = [KEY.format(dtype) for dtype in ("fp64", "fp32", "tf32", "bf16", "fp16")]
    text = printed(
        comparison(*(change("inconclusive", case, reason="neither side was quiet") for case in cases)), width
    )
    told = text[text.index("Why") :]
    assert told.count("numpy 2048³") == len(cases)
