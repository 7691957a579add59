"""Tests JUnit XML as CI systems read it."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.render.files.junit import junit
from flopsbench.track.comparison import Comparison
from flopsbench.track.verdicts import FAILURES, Verdict
from tests.render.terminal.test_comparison import change, comparison
from tests.test_text import is_obeyed

# The schema that Jenkins publishes (junit-10.xsd), as far as these elements go: attributes and children allowed.
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "skipped": {"message", "type"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "skipped", "system-out"},
}


def read(shown: Comparison, fail_on: Collection[Verdict] = FAILURES) -> ElementTree.Element:
    root = ElementTree.fromstring(junit(shown, fail_on))
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    return root


def outcome(verdict: Verdict, fail_on: Collection[Verdict] = FAILURES) -> str:
    (case,) = read(comparison(change(verdict)), fail_on).iter("testcase")
    (child,) = case
    return child.tag


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_failures_fail_doubts_are_skipped_and_the_rest_passes(verdict: Verdict) -> None:
    skipped = verdict in ("inconclusive", "suspected", "not run")
    assert outcome(verdict) == ("failure" if verdict in FAILURES else "skipped" if skipped else "system-out")


def test_what_the_caller_fails_on_is_what_fails() -> None:
    assert outcome("inconclusive", ("inconclusive",)) == "failure"
    assert outcome("regression", ()) == "system-out"


def test_counts_agree_with_the_cases() -> None:
    verdicts = get_args(Verdict)
    root = read(comparison(*(change(verdict, f"case {verdict}") for verdict in verdicts)))
    suite = root.find("testsuite")
    assert suite is not None
    for element in (root, suite):
        assert int(element.attrib["tests"]) == len(list(root.iter("testcase"))) == len(verdicts)
        assert int(element.attrib["failures"]) == len(list(root.iter("failure"))) == 3
    assert int(suite.attrib["skipped"]) == len(list(root.iter("skipped"))) == 3


def test_no_time_is_invented() -> None:
    assert b"time=" not in junit(comparison(change()))


def test_a_failure_says_what_why_and_what_else_is_different() -> None:
    shown = comparison(change("regression", reason="the fan died"), differences=["numpy 1 -> 2"])
    (failure,) = read(shown).iter("failure")
    assert failure.attrib["type"] == "regression"
    assert "-3.1 %" in failure.attrib["message"]
    assert failure.text is not None
    assert failure.text.endswith("the fan died\nnumpy 1 -> 2")


@given(st.text(st.characters()))
def test_any_text_makes_well_formed_xml(text: str) -> None:
    read(comparison(change("failed", text, reason=text), differences=[text]))


@given(st.text(st.sampled_from(":#[ \n\r&a")))
def test_nothing_in_it_is_a_command_to_github(text: str) -> None:
    shown = comparison(change("failed", text, reason=text), differences=[text, text])
    assert not is_obeyed(junit(shown).decode())
    read(shown)


def test_a_character_that_xml_may_not_hold_is_replaced() -> None:
    (case,) = read(comparison(change(case="a\x00b\ud800c"))).iter("testcase")
    assert case.attrib["name"] == "a\ufffdb\ufffdc"
