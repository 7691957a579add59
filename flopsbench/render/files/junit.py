"""Writes JUnit XML, for the CI systems that read nothing else: a Comparison becomes one testcase per case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree

from flopsbench.render.files.annotations import message
from flopsbench.text import XML_ESCAPE, without_commands
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import FAILURES, Verdict

SKIPPED: tuple[Verdict, ...] = ("inconclusive", "suspected", "not run")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no document may hold these


class Testcase(NamedTuple):
    """A Testcase is one case of the report; ``kind`` and ``details``, lines of text, only a failure has."""

    name: str
    outcome: Literal["failure", "skipped", "system-out"]
    message: str
    kind: str = ""
    details: Sequence[str] = ()


def junit(comparison: Comparison, fail_on: Collection[Verdict] = FAILURES) -> bytes:
    """Return a Comparison as JUnit XML: ``failure`` for verdicts of ``fail_on``, ``skipped`` for what says nothing.

    Testcases have no times: what a case took is no figure of a comparison.
    """
    cases = [_testcase(change, comparison, fail_on) for change in comparison.changes]
    return document(f"flopsbench {comparison.command}", cases)


def document(suite_name: str, cases: Sequence[Testcase]) -> bytes:
    """Return a document of one suite of testcases, whose name in dots is their class."""
    number = Counter(case.outcome for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(number["failure"]), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": suite_name, **counts})
    suite.set("skipped", str(number["skipped"]))
    classname = suite_name.replace(" ", ".", 1).replace(" ", "_")
    for case in cases:
        element = ElementTree.SubElement(suite, "testcase", {"classname": classname, "name": _text(case.name)})
        _tell(element, case)
    ElementTree.indent(suites)
    xml = ElementTree.tostring(suites, encoding="unicode")
    return without_commands(f"<?xml version='1.0' encoding='utf-8'?>\n{xml}\n", XML_ESCAPE).encode()


def _testcase(change: Change, comparison: Comparison, fail_on: Collection[Verdict]) -> Testcase:
    """Return one change as a testcase."""
    if change.verdict in fail_on:
        details = [*change.differences, *comparison.differences]
        return Testcase(change.case, "failure", message(change), change.verdict, details)
    outcome: Literal["skipped", "system-out"] = "skipped" if change.verdict in SKIPPED else "system-out"
    return Testcase(change.case, outcome, f"{change.verdict}: {message(change)}")


def _tell(element: ElementTree.Element, case: Testcase) -> None:
    """Add the outcome of a testcase to its element."""
    told = _text(case.message)
    if case.outcome == "failure":
        failure = ElementTree.SubElement(element, "failure", {"type": case.kind, "message": told})
        failure.text = "\n".join([told, *map(_text, case.details)])
    elif case.outcome == "skipped":
        ElementTree.SubElement(element, "skipped", {"message": told})
    elif told:
        ElementTree.SubElement(element, "system-out").text = told


def _text(text: str) -> str:
    """Return a text without the characters that no document of XML may hold."""
    return NOT_XML.sub("\ufffd", text)
