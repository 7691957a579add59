"""Findings as people and CI systems read them, whatever a stranger's file is named and says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flopsbench.registry.validate import Checked
from flopsbench.render.terminal.findings import Tally, as_json, junit, report, workflow_commands
from flopsbench.text import printable
from flopsbench.validate.finding import CODES, Finding
from tests.test_text import is_obeyed

REJECTED = Checked("v1/a/2026/0123456789abcdef.json", [Finding("physics.rate", "runs too fast", "gemm/fp32")])
REVIEWED = Checked("b.json", [Finding("environment.profile", "was measured by quick")])
NOTED = Checked("c.json", [Finding("environment.grade", "was busy")])
SOUND = Checked("d.json", [])
EVERY = [REJECTED, REVIEWED, NOTED, SOUND]
HOSTILE = "\x1b[2J\n::error::fast\r\u202e[bold]\udcff%0A##[error]"


def text(checked: Iterable[Checked], width: int = 80) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, color_system=None)
    for part in report(checked):
        console.print(part)
    return out.getvalue()


def tallied(checked: list[Checked]) -> Tally:
    tally = Tally()
    assert list(tally.counted(checked)) == checked
    return tally


@pytest.mark.parametrize(
    ("checked", "sentence"),
    [
        (EVERY, "4 files: 1 rejected, 1 to be looked at"),
        ([SOUND], "1 file: all sound"),
        ([NOTED, SOUND], "2 files: all sound"),
        ([], "nothing to check"),
        ([SOUND, Checked(SOUND.path, REJECTED.findings)], "1 file: 1 rejected"),
        ([REJECTED, Checked(REJECTED.path, REVIEWED.findings)], "1 file: 1 rejected"),
    ],
)
def test_the_sum_is_one_sentence(checked: list[Checked], sentence: str) -> None:
    assert tallied(checked).sentence() == sentence


def test_sound_files_are_passed_over_in_silence() -> None:
    assert text([SOUND]) == ""


def test_a_line_holds_level_code_and_sentence() -> None:
    assert [line.rstrip() for line in text([REJECTED]).splitlines()] == [
        "v1/a/2026/0123456789abcdef.json",
        "  reject  physics.rate                 gemm/fp32: runs too fast",
    ]


def test_the_worst_comes_first() -> None:
    together = Checked("e.json", [*NOTED.findings, *REVIEWED.findings, *REJECTED.findings, *NOTED.findings])
    levels = [line.split()[0] for line in text([together]).splitlines()[1:]]
    assert levels == ["reject", "review", "note", "note"]


def test_what_all_files_together_say_has_a_heading_of_its_own() -> None:
    outlier = Finding("population.outlier", "is far from the others")
    assert text([Checked("e.json", [outlier])]).startswith("e.json, among all files\n")
    assert text([Checked("e.json", [outlier, *NOTED.findings])]).startswith("e.json\n")


def test_it_fits_a_terminal() -> None:
    long = Checked("e.json", [Finding(code, "says " + "much " * 40, "where " * 9) for code in CODES])
    assert max(map(len, text([long]).splitlines())) <= 80


def test_levels_are_annotations_of_their_own() -> None:
    assert list(workflow_commands(EVERY)) == [
        "::error file=v1/a/2026/0123456789abcdef.json,title=flopsbench%3A physics.rate::gemm/fp32: runs too fast",
        "::warning file=b.json,title=flopsbench%3A environment.profile::was measured by quick",
        "::notice file=c.json,title=flopsbench%3A environment.grade::was busy",
    ]


def test_json_counts_and_lists_what_there_is_to_say() -> None:
    again = Checked(REJECTED.path, REVIEWED.findings)
    tally = Tally()
    document = json.loads(as_json(tally.counted([*EVERY, again]), tally))
    assert document["counts"] == {"files": 4, "rejected": 1, "review": 1}
    assert [file["path"] for file in document["files"]] == [REJECTED.path, REVIEWED.path, NOTED.path]
    assert [finding["level"] for finding in document["files"][0]["findings"]] == ["reject", "review"]


def test_junit_has_a_testcase_a_file_and_fails_the_rejected() -> None:
    root = ElementTree.fromstring(junit(EVERY))
    cases = list(root.iter("testcase"))
    assert [case.get("name") for case in cases] == [checked.path for checked in EVERY]
    assert [[child.tag for child in case] for case in cases] == [["failure"], ["system-out"], ["system-out"], []]
    assert root.get("failures") == "1"


@given(st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE))
def test_no_name_and_no_text_is_obeyed(path: str, sentence: str, where: str) -> None:
    checked = [Checked(path, [Finding("text.markup", sentence, where)])]
    assert all(line.isprintable() for line in text(checked).splitlines())
    (command,) = workflow_commands(checked)
    assert command.isprintable()
    assert command.startswith("::error ")
    assert json.loads(as_json(checked, Tally()))["files"][0]["path"] == printable(path)
    ElementTree.fromstring(junit(checked))
    assert not is_obeyed(as_json(checked, Tally()).decode())
    assert not is_obeyed(junit(checked).decode())


def test_what_is_printable_stays() -> None:
    assert printable("gemm/元数据 ±3 %") == "gemm/元数据 ±3 %"
