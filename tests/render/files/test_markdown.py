"""Tests a comparison as Markdown: a table that renders, and no text that does anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.render.files.markdown import escape, summary
from flopsbench.track.comparison import Change
from tests.render.terminal.test_comparison import change, comparison


def test_the_summary_begins_with_the_verdict_and_holds_a_table() -> None:
    lines = summary(comparison(change("regression"), change())).splitlines()
    assert lines[0] == "### flopsbench compare: 1 regression, 1 unchanged (margin 2 %)"
    table = [line for line in lines if line.startswith("|")]
    assert table[0] == "| case | base | new | change | verdict |"
    assert table[2] == "| fp32 numpy 2048³ | 131.2 GFLOPS | 127.1 GFLOPS | -3.1 % (-3.6 to -2.5 %) | **regression** |"
    assert len({line.count("|") for line in table}) == 1
    assert "could have caught: a slowdown of 2.7 % or more" in "\n".join(lines)


def test_differences_are_folded_away_with_their_number() -> None:
    text = summary(comparison(change(), differences=["numpy 1 -> 2", "driver 1 -> 2"]))
    assert "<details><summary>What else is different (2)</summary>" in text
    assert text.count("<details>") == text.count("</details>") == 1
    assert "<details>" not in summary(comparison(change()))


def test_a_case_without_rates_has_dashes() -> None:
    assert "| x | - | - | - | **missing** |" in summary(comparison(Change("x", "missing")))


def test_an_empty_comparison_has_no_table() -> None:
    assert "|" not in summary(comparison())


@pytest.mark.parametrize("evil", ["a|b", "<img src=x>", "**x**", "[x](http://y)", "@everyone", "`x`", "&lt;"])
def test_text_stays_text(evil: str) -> None:
    text = summary(comparison(change("failed", evil, reason=evil), base=evil, differences=[evil], notes=[evil]))
    assert evil not in text


@given(st.text())
def test_no_text_breaks_a_line_a_cell_or_into_html(text: str) -> None:
    escaped = escape(text)
    assert len(escaped.splitlines()) <= 1
    assert not set("|<>") & set(escaped.replace("@<!-- -->", ""))
    assert escaped.count("@") == escaped.count("@<!-- -->")
    assert not re.search(r"(?<!\\)[*_`\[\]]", escaped.replace("\\\\", ""))
