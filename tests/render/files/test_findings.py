"""Findings as CI systems read them, whatever a stranger's file is named and says."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from flopsbench.registry.validate import Checked
from flopsbench.render.files.findings import findings_as_annotations, findings_as_json, findings_as_junit
from flopsbench.render.terminal.findings import Tally
from flopsbench.text import printable
from flopsbench.validate.finding import Finding
from tests.render.terminal.test_findings import EVERY, HOSTILE, NOTED, REJECTED, REVIEWED
from tests.test_text import is_obeyed


def test_levels_are_annotations_of_their_own() -> None:
    assert list(findings_as_annotations(EVERY)) == [
        "::error file=v1/a/2026/0123456789abcdef.json,title=flopsbench%3A physics.rate::gemm/fp32: runs too fast",
        "::warning file=b.json,title=flopsbench%3A environment.profile::was measured by quick",
        "::notice file=c.json,title=flopsbench%3A environment.grade::was busy",
    ]


def test_json_counts_and_lists_what_there_is_to_say() -> None:
    again = Checked(REJECTED.path, REVIEWED.findings)
    tally = Tally()
    document = json.loads(findings_as_json(tally.counted([*EVERY, again]), tally))
    assert document["counts"] == {"files": 4, "rejected": 1, "review": 1}
    assert [file["path"] for file in document["files"]] == [REJECTED.path, REVIEWED.path, NOTED.path]
    assert [finding["level"] for finding in document["files"][0]["findings"]] == ["reject", "review"]


def test_junit_has_a_testcase_a_file_and_fails_the_rejected() -> None:
    root = ElementTree.fromstring(findings_as_junit(EVERY))
    cases = list(root.iter("testcase"))
    assert [case.get("name") for case in cases] == [checked.path for checked in EVERY]
    assert [[child.tag for child in case] for case in cases] == [["failure"], ["system-out"], ["system-out"], []]
    assert root.get("failures") == "1"


@given(st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE))
def test_no_name_and_no_text_is_obeyed(path: str, sentence: str, where: str) -> None:
    checked = [Checked(path, [Finding("text.markup", sentence, where)])]
    (command,) = findings_as_annotations(checked)
    assert command.isprintable()
    assert command.startswith("::error ")
    assert json.loads(findings_as_json(checked, Tally()))["files"][0]["path"] == printable(path)
    ElementTree.fromstring(findings_as_junit(checked))
    assert not is_obeyed(findings_as_json(checked, Tally()).decode())
    assert not is_obeyed(findings_as_junit(checked).decode())
