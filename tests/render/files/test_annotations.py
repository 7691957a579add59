"""Tests GitHub's workflow commands: a line for each case that fails or is in doubt, and no other command."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.render.files.annotations import workflow_commands
from flopsbench.track.verdicts import Verdict
from tests.render.terminal.test_comparison import change, comparison

LEVELS = {
    "regression": "error",
    "failed": "error",
    "missing": "error",
    "suspected": "warning",
    "inconclusive": "warning",
}


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_failures_are_errors_doubts_are_warnings_and_the_rest_is_silence(verdict: Verdict) -> None:
    lines = list(workflow_commands(comparison(change(verdict))))
    assert [line.split()[0] for line in lines] == ([f"::{LEVELS[verdict]}"] if verdict in LEVELS else [])


def test_a_command_says_what_how_much_and_why() -> None:
    (line,) = workflow_commands(comparison(change("regression", reason="the fan died")))
    assert line == (
        "::error title=flopsbench compare%3A regression::fp32 numpy 2048³: -3.1 %25 (-3.6 to -2.5 %25) "
        "131.2 GFLOPS -> 127.1 GFLOPS: the fan died"
    )


def test_a_command_names_the_first_bad_commit() -> None:
    told = {"differences": ["first bad commit: 1a2b3c4 (2024-01-21) Slow", "numpy 1 -> 2"], "bad_commit": "1a2b3c4d"}
    (line,) = workflow_commands(comparison(change("regression", reason="slower", **told)))
    assert line.endswith(": slower; first bad commit: 1a2b3c4 (2024-01-21) Slow")
    (line,) = workflow_commands(comparison(change("regression", reason="slower", differences=told["differences"])))
    assert line.endswith(": slower")


@given(st.text())
def test_no_text_makes_a_second_command(text: str) -> None:
    (line,) = workflow_commands(comparison(change("failed", text, reason=text)))
    assert "\n" not in line
    assert "\r" not in line
    assert line.startswith("::error title=flopsbench compare%3A failed::")
