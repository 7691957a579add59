"""Tests the table of the calls in a Result: rates, times, and why one has neither."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from flopsbench.render.terminal.result.machine import summary_line
from flopsbench.render.terminal.result.whole import report
from flopsbench.result.types import Call, Result
from tests.documents import call, case, result, stats

MEASURED = call()
SLOW = stats(120.0, 119.0, 122.0, unit="call/s")
TIMED = call("tests/test_b.py::test_slow[[red]1-x]", unit="call/s", amount=1, stats=SLOW)
FAILED = call("tests/test_c.py::test_bad", status="failed", reason="assert 1 == 2")


def of(*calls: Call) -> Result:
    return replace(result(), cases=[], calls=list(calls))


def printed(document: Result, lang: str = "en") -> str:
    out = io.StringIO()
    Console(file=out, width=80, highlight=False, no_color=True).print(report(document, lang))
    return out.getvalue()


def row(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if name in line]
    return line


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_call_has_a_row_with_its_rate_or_its_time(lang: str) -> None:
    text = printed(of(MEASURED, TIMED), lang)
    assert "1.00 TFLOPS" in row(text, "test_small")
    assert "8.33 ms" in row(text, "test_slow[[red]1-x]")
    assert "8.20–8.40" in row(text, "test_slow")
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_call_without_a_rate_says_why() -> None:
    line = row(printed(of(FAILED)), "test_bad")
    assert "failed" in line
    assert "assert 1 == 2" in line


def test_cases_and_calls_stand_beside_each_other() -> None:
    text = printed(replace(of(MEASURED), cases=[case()]))
    assert "fp32" in text
    assert "test_small" in text
    assert "dtype" not in printed(of(MEASURED))


def test_the_summary_counts_calls() -> None:
    assert "2 of 3 calls measured" in summary_line(of(MEASURED, TIMED, FAILED))
    assert "call" not in summary_line(result())
