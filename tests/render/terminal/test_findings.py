"""Findings as people read them on a terminal, whatever a stranger's file is named and says."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flopsbench.registry.validate import Checked
from flopsbench.render.terminal.findings import Tally, report
from flopsbench.text import printable
from flopsbench.validate.finding import CODES, Finding

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


@given(st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE), st.text() | st.just(HOSTILE))
def test_no_name_and_no_text_is_obeyed(path: str, sentence: str, where: str) -> None:
    checked = [Checked(path, [Finding("text.markup", sentence, where)])]
    assert all(line.isprintable() for line in text(checked).splitlines())


def test_what_is_printable_stays() -> None:
    assert printable("gemm/元数据 ±3 %") == "gemm/元数据 ±3 %"
