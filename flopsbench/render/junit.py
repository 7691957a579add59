"""A Comparison as JUnit XML: a testcase a case, for the CI systems that read nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection
from xml.etree import ElementTree

from flopsbench.render.annotations import message
from flopsbench.track.comparison import FAILURES, Change, Comparison, Verdict

SKIPPED: tuple[Verdict, ...] = ("inconclusive", "suspected", "not run")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no document may hold these


def junit(comparison: Comparison, fail_on: Collection[Verdict] = FAILURES) -> bytes:
    """The document: ``failure`` for verdicts of ``fail_on``, ``skipped`` for what says nothing. No times: none fits."""
    verdicts = [change.verdict for change in comparison.changes]
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict in fail_on for verdict in verdicts)),
        "errors": "0",
    }
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": f"flopsbench {comparison.command}", **counts})
    suite.set("skipped", str(sum(verdict in SKIPPED and verdict not in fail_on for verdict in verdicts)))
    for change in comparison.changes:
        _testcase(suite, comparison, change, fail_on)
    ElementTree.indent(suites)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _testcase(suite: ElementTree.Element, comparison: Comparison, change: Change, fail_on: Collection[Verdict]) -> None:
    classname = f"flopsbench.{comparison.command.replace(' ', '_')}"
    case = ElementTree.SubElement(suite, "testcase", {"classname": classname, "name": _text(change.case)})
    told = _text(message(change))
    if change.verdict in fail_on:
        failure = ElementTree.SubElement(case, "failure", {"type": change.verdict, "message": told})
        failure.text = "\n".join([told, *map(_text, change.differences), *map(_text, comparison.differences)])
    elif change.verdict in SKIPPED:
        ElementTree.SubElement(case, "skipped", {"message": f"{change.verdict}: {told}"})
    else:
        ElementTree.SubElement(case, "system-out").text = f"{change.verdict}: {told}"


def _text(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
