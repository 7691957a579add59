"""Tests what a test suite's gate calls, and in which words."""

from __future__ import annotations

from unittest import mock

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flopsbench.errors import NotComparable, UsageError
from flopsbench.pytest_plugin import pytest_addoption
from flopsbench.result.types import Software
from flopsbench.stats import Interval
from flopsbench.track import defaults
from flopsbench.track.suite import baseline
from flopsbench.track.suite.baseline import Spread, Timing
from flopsbench.track.suite.gate import Gate, compare_timings, least_called, parse_gate, percent, relative, with_spread

FLOP = 1_000_000_000


def timed(rate_g: float, half: float = 0.005, share: float | None = None, flop: int = FLOP) -> Timing:
    """Return a test at so many GFLOPS, give or take a share of that."""
    return Timing(
        flop=flop,
        median_s=flop / (rate_g * 1e9),
        low_s=flop / (rate_g * 1e9 * (1 + half)),
        high_s=flop / (rate_g * 1e9 * (1 - half)),
        blocks=10,
        of_ceiling=None if share is None else Spread(share, share * (1 - half), share * (1 + half)),
    )


def gate(fail_on=("regression",), **tests) -> Gate:
    return Gate(baseline.baseline(tests), "b.json", 0.02, fail_on)


@pytest.mark.parametrize(
    ("base", "now", "verdict"),
    [
        (timed(195), timed(182), "regression"),
        (timed(195), timed(210), "improvement"),
        (timed(195), timed(195.5), "unchanged"),
        (timed(195), timed(191), "inconclusive"),
        (timed(195), timed(182, half=0.06), "inconclusive"),  # slower, but not sure of it
        (timed(195, half=0.06), timed(182), "inconclusive"),
    ],
)
def test_a_verdict_needs_the_whole_interval(base, now, verdict):
    assert compare_timings("t", base, now, 0.02).verdict == verdict


@pytest.mark.parametrize(
    ("base", "now", "verdict"),
    [
        (timed(195, share=0.9), timed(182, share=0.84), "regression"),
        (timed(195, share=0.9), timed(182, share=0.9), "inconclusive"),  # the machine is slower, not the code
        (timed(195, share=0.9), timed(195, share=0.8), "inconclusive"),  # a faster machine hides slower code
        (timed(195, share=0.9), timed(182), "regression"),  # nothing to tell them apart by
        (timed(195), timed(182, share=0.5), "regression"),
        (timed(195, share=0.9), timed(195, share=0.9), "unchanged"),
        (timed(195, share=0.8), timed(210, share=0.9), "improvement"),
    ],
)
def test_where_both_have_a_ceiling_rate_and_share_must_agree(base, now, verdict):
    assert compare_timings("t", base, now, 0.02).verdict == verdict


def test_the_reason_says_what_rate_and_share_say():
    change = compare_timings("t", timed(195, share=0.9), timed(182, share=0.9), 0.02)
    assert change.reason == (
        "6.7 % slower, more than the margin of 2 %; of the ceiling 90 % against 90 %: 0 % more, within the margin of "
        "2 %; the two disagree: the machine may have changed"
    )


def test_an_inconclusive_reason_shows_the_interval():
    reason = compare_timings("t", timed(195), timed(191), 0.02).reason
    assert reason == "2.1 % slower (3.0 % slower to 1.1 % slower), across the margin of 2 %"


rates = st.floats(1e-3, 1e6)
halves = st.floats(0, 0.5)
margins = st.floats(0.001, 0.5)


@given(rates, rates, halves, halves, margins)
def test_the_verdict_of_the_way_back_is_never_the_same_regression(one, other, first, second, margin):
    there = compare_timings("t", timed(one, first), timed(other, second), margin)
    back = compare_timings("t", timed(other, second), timed(one, first), margin)
    assert there.low <= there.estimate <= there.high
    assert not there.verdict == back.verdict == "regression"
    if there.verdict == "regression":
        assert there.high < -margin
        assert back.verdict == "improvement"


@given(rates, halves, halves)
def test_a_test_against_itself_is_never_a_change(rate, first, second):
    assert compare_timings("t", timed(rate, first), timed(rate, second), 0.02).verdict in ("unchanged", "inconclusive")


@given(st.tuples(rates, rates, rates), st.tuples(rates, rates, rates))
def test_a_relative_change_holds_every_ratio_of_the_two(base, now):
    assume(len({*base}) == len({*now}) == 3)
    low, middle, high = sorted(base)
    change = relative(Interval(middle, low, high), Interval(*(sorted(now)[i] for i in (1, 0, 2))))
    assert all(change.low <= new / old - 1 <= change.high for old in base for new in now)


def test_the_message_says_all_that_is_needed_and_suspects_what_was_upgraded():
    held = msgspec.structs.replace
    base = gate(**{"tests/t.py::matmul": timed(195)})
    base = Gate(held(base.baseline, software=Software(python="3")), "b.json", 0.02, suspects=["numpy 2.3 -> 2.4"])
    now = timed(182, half=0.011)
    change = base.judge("tests/t.py::matmul", now)
    assert base.message(change, now) == (
        "6.7 % slower (182 GFLOPS (180 to 184) against 195 GFLOPS (194 to 196) in b.json)\n"
        "matmul: 6.7 % slower, more than the margin of 2 %; without a ceiling beside both, a slower machine looks the "
        "same\nchanged since: numpy 2.3 -> 2.4"
    )


def test_a_test_that_the_baseline_lacks_is_said_and_fails_only_where_missing_does():
    change = gate().judge("t.py::test_new", timed(1))
    assert (change.verdict, change.reason) == ("new", "not in b.json: nothing to compare with")
    assert not gate().fails(change)
    assert gate(["missing"]).fails(change)
    assert gate().message(change, timed(1)) == (
        "test_new: 1.00 GFLOPS (0.995 to 1.01), not in b.json: nothing to compare with"
    )


def test_a_baseline_that_is_unsure_could_call_only_what_is_much_slower():
    assert least_called(timed(195)) < 0.2
    vague = msgspec.structs.replace(timed(0.599), low_s=FLOP / 189e9, high_s=FLOP / 526e6)
    assert with_spread(vague.rate, vague.unit) == "599 MFLOPS (526 to 189,000)"
    assert least_called(vague) > 0.99
    for slower, called in ((0.7, "inconclusive"), (0.99 / 400, "regression")):
        now = msgspec.structs.replace(
            vague, **{name: getattr(vague, name) / slower for name in ("low_s", "median_s", "high_s")}
        )
        assert compare_timings("t", vague, now, defaults.SUITE_MARGIN).verdict == called


def test_other_work_is_not_compared():
    change = gate(t=timed(195)).judge("t", timed(195, flop=2 * FLOP))
    assert change.verdict == "new"
    assert "1,000,000,000 operations, now it is 2,000,000,000: not the same work" in change.reason
    integers = msgspec.structs.replace(timed(195), unit="OP/s")
    assert gate(t=timed(195)).judge("t", integers).verdict == "new"


def test_only_what_is_asked_for_fails():
    slow = gate(t=timed(195)).judge("t", timed(100))
    unsure = gate(t=timed(195)).judge("t", timed(195, half=0.3))
    assert [gate([what]).fails(slow) for what in ("regression", "missing", "inconclusive")] == [True, False, False]
    assert [gate([what]).fails(unsure) for what in ("regression", "missing", "inconclusive")] == [False, False, True]
    assert not gate([]).fails(slow)


@pytest.fixture
def file(tmp_path):
    return str(baseline.save(baseline.baseline({"t": timed(1)}), tmp_path / "b.json"))


def test_a_gate_has_the_defaults_where_nothing_is_asked(file):
    opened = parse_gate(file, None, None)
    assert (opened.margin, tuple(opened.fail_on), opened.file, opened.suspects) == (0.1, ("regression",), "b.json", [])


def test_the_help_of_the_option_names_the_default_margin():
    """The plugin writes it out, as it loads nothing before a test measures."""
    parser = mock.MagicMock()
    pytest_addoption(parser)
    options = {call.args[0]: call.kwargs for call in parser.getgroup().addoption.call_args_list}
    assert f"(default: {defaults.SUITE_MARGIN:.0%}%:" in options["--flops-margin"]["help"]


def test_a_gate_takes_margin_and_verdicts(file):
    opened = parse_gate(file, "2%", "regression, missing,inconclusive")
    assert (opened.margin, set(opened.fail_on)) == (0.02, {"regression", "missing", "inconclusive"})
    assert parse_gate(file, None, "none").fail_on == ()


def test_without_a_file_there_is_no_gate_but_slips_are_found():
    assert parse_gate(None, "2%", "missing") is None
    with pytest.raises(UsageError, match="--margin 2 apples"):
        parse_gate(None, "2 apples", None)


@pytest.mark.parametrize("text", ["", " ", "regresion", "failed", "suspected", "regression,", "regression,none"])
def test_verdicts_that_this_gate_never_gives_are_refused(text):
    with pytest.raises(UsageError, match=r"--fail-on .*: there are regression, .*missing, .*inconclusive"):
        parse_gate(None, None, text)


def test_the_baseline_of_another_machine_is_refused(tmp_path):
    other = msgspec.structs.replace(baseline.baseline({}), hardware_key="0" * 16, cpu="EPYC 9575F")
    file = baseline.save(other, tmp_path / "b.json")
    with pytest.raises(NotComparable, match=r"written on another machine \(EPYC 9575F, key 0+\) than this one"):
        parse_gate(str(file), None, None)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.067, "6.7 %"), (0.0031, "0.31 %"), (0.996, "99.6 %"), (0.5, "50 %"), (2, "200 %"), (0, "0 %")],
)
def test_shares_are_printed_with_the_digits_that_matter(share, text):
    assert percent(share) == text


def test_an_interval_is_printed_in_the_prefix_of_its_rate():
    assert with_spread(Interval(999e9, 990e9, 1.01e12), "FLOP/s") == "999 GFLOPS (990 to 1,010)"
