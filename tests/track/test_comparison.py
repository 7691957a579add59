"""Tests what a comparison tells its caller, as a table; and the texts of --margin and --fail-on."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import ExitCode, UsageError
from flopsbench.track.comparison import (
    FAILURES,
    Change,
    Comparison,
    Verdict,
    exit_code,
    parse_fail_on,
    parse_margin,
)

VERDICTS = get_args(Verdict)


def comparison(*verdicts: Verdict, interrupted: bool = False) -> Comparison:
    changes = [Change(f"case {number}", verdict) for number, verdict in enumerate(verdicts)]
    return Comparison("compare", "base", "new", 0.02, changes, interrupted=interrupted)


@pytest.mark.parametrize(
    ("verdicts", "fail_on", "interrupted", "code"),
    [
        (["unchanged"], "regression,failed,missing", False, ExitCode.DONE),
        (["improvement"], "regression,failed,missing", False, ExitCode.DONE),
        (["new"], "regression,failed,missing", False, ExitCode.DONE),
        (["acknowledged"], "regression,failed,missing", False, ExitCode.DONE),
        (["suspected"], "regression,failed,missing", False, ExitCode.DONE),
        (["inconclusive"], "regression,failed,missing", False, ExitCode.DONE),
        (["regression"], "regression,failed,missing", False, ExitCode.FAILED),
        (["failed"], "regression,failed,missing", False, ExitCode.FAILED),
        (["missing"], "regression,failed,missing", False, ExitCode.FAILED),
        (["unchanged", "missing"], "regression,failed,missing", False, ExitCode.FAILED),
        (["missing"], "regression", False, ExitCode.DONE),
        (["regression"], "none", False, ExitCode.DONE),
        (["suspected"], "suspected", False, ExitCode.FAILED),
        (["inconclusive"], "inconclusive", False, ExitCode.INCONCLUSIVE),
        (["inconclusive", "regression"], "regression,inconclusive", False, ExitCode.FAILED),
        ([], "regression,failed,missing", False, ExitCode.NOT_COMPARABLE),
        (["not run"], "regression,failed,missing", False, ExitCode.NOT_COMPARABLE),
        (["not run", "unchanged"], "regression,failed,missing", False, ExitCode.DONE),
        (["unchanged"], "regression,failed,missing", True, ExitCode.INTERRUPTED),
        (["regression"], "regression,failed,missing", True, ExitCode.FAILED),
        (["inconclusive"], "inconclusive", True, ExitCode.INTERRUPTED),
    ],
)
def test_the_exit_code_follows_the_worst_verdict(
    verdicts: list[Verdict], fail_on: str, interrupted: bool, code: ExitCode
) -> None:
    assert exit_code(comparison(*verdicts, interrupted=interrupted), parse_fail_on(fail_on)) is code


@given(st.lists(st.sampled_from(VERDICTS)), st.booleans())
def test_done_is_never_said_of_a_failure(verdicts: list[Verdict], interrupted: bool) -> None:
    code = exit_code(comparison(*verdicts, interrupted=interrupted))
    assert (code is ExitCode.FAILED) == bool(set(verdicts) & set(FAILURES))


@pytest.mark.parametrize(
    ("text", "share"),
    [("2%", 0.02), (" 2 % ", 0.02), ("0.02", 0.02), (".5", 0.5), ("50%", 0.5), ("2.5%", 0.025), ("1.%", 0.01)],
)
def test_a_margin_is_a_share(text: str, share: float) -> None:
    assert parse_margin(text) == pytest.approx(share)


@pytest.mark.parametrize(
    "text", ["", "2", "0", "0%", "-2%", "51%", "nan", "inf", "1e-2", "two", "2%%", "٢%x", "0.02.1"]
)
def test_what_is_no_margin_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as 2% or 0\.02"):
        parse_margin(text)


@given(st.floats(min_value=1e-6, max_value=0.5))
def test_a_margin_reads_the_same_as_a_share_and_in_per_cent(share: float) -> None:
    assert parse_margin(f"{share:.9f}") == pytest.approx(parse_margin(f"{100 * share:.7f}%"), rel=1e-3)


def test_fail_on_is_a_set_of_known_verdicts() -> None:
    assert parse_fail_on("missing, regression") == ("regression", "missing")
    assert parse_fail_on("none") == ()
    with pytest.raises(UsageError, match="there are regression, failed, missing, inconclusive, suspected and none"):
        parse_fail_on("improvement")


@pytest.mark.parametrize("text", ["", ",", " , "])
def test_fail_on_nothing_is_refused_with_the_word_that_switches_it_off(text: str) -> None:
    with pytest.raises(UsageError, match="none switches it off"):
        parse_fail_on(text)


def test_nothing_that_could_run_is_nothing_measurable_here_and_nothing_to_compare_there() -> None:
    change = Change("case", "not run")
    assert exit_code(Comparison("ab", "A", "B", 0.02, [change])) == ExitCode.NOTHING_MEASURABLE
    assert exit_code(Comparison("compare", "A", "B", 0.02, [change])) == ExitCode.NOT_COMPARABLE
