"""The report: lines that survive being cut, without names; steps that end badly; the summary that says what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gpu.acceptance import bad_steps
from tests.gpu.acceptance.__main__ import ROOT
from tests.gpu.acceptance.report.guesses import GUESSES
from tests.gpu.acceptance.report.journal import HELD_BACK, Begun, Finding, Over, Stepped, lines, note
from tests.gpu.acceptance.report.summary import summary
from tests.gpu.acceptance.steps import LEAST_S, PART_S, PARTS, Step, take_part


@pytest.mark.parametrize("part", PARTS)
def test_each_guess_is_settled_by_a_step_and_each_step_settles_some(part: str) -> None:
    assert {step.name.split()[0] for step in PARTS[part]} == {guess.step for guess in GUESSES[part]}


def test_no_name_of_a_guess_stands_twice() -> None:
    names = [guess.name for guesses in GUESSES.values() for guess in guesses]
    assert len(set(names)) == len(names)


def test_no_step_may_take_longer_than_its_part() -> None:
    assert all(step.seconds < PART_S < 480 for steps in PARTS.values() for step in steps)


def test_what_was_cut_off_in_a_line_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    note(file, Finding("device", "confirmed", "a GPU"))
    note(file, Over("facts", 1.0))
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    assert list(lines(file)) == [Finding("device", "confirmed", "a GPU")]
    note(file, Over("facts", 2.0))
    assert list(lines(file))[-1] == Over("facts", 2.0)  # whoever goes on begins behind what was cut


def test_a_report_that_does_not_exist_has_no_lines(tmp_path: Path) -> None:
    assert not list(lines(tmp_path / "none.jsonl"))


def test_neither_paths_nor_names_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "alexandra")
    monkeypatch.setenv("HOME", "/srv/people/alexandra")
    file = tmp_path / "report.jsonl"
    seen = "no /srv/people/alexandra/libcuda.so for alexandra"
    note(file, Finding("device", "instead", seen, figures={"ratio": 1.5}))
    (line,) = lines(file)
    assert isinstance(line, Finding)
    assert line.seen == "no libcuda.so for ..."
    assert line.figures == {"ratio": 1.5}


def test_what_still_names_the_machine_is_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.gpu.acceptance.report.journal._names_somebody", lambda text: "C0FFEE" in text)
    file = tmp_path / "report.jsonl"
    note(file, Finding("device", "instead", "board C0FFEE"))
    assert [line.seen for line in lines(file) if isinstance(line, Finding)] == [HELD_BACK]


def test_a_summary_begins_with_what_is_otherwise_and_says_why_the_rest_was_not_reached(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    note(file, Begun("facts", "2026-01-01T00:00:00Z", {"torch": "2.11.0"}))
    note(file, Finding("device", "confirmed", "a GPU", "torch"))
    note(file, Finding("load_clock", "instead", "1.75 GHz | 90 %"))
    note(file, Stepped("clock torch", "hung", 60.0, "no word"))
    told = summary(file)
    otherwise, left, confirmed = (told.index(f"## {title}") for title in ("Instead", "Not reached", "Confirmed"))
    assert otherwise < told.index("| load_clock |") < left < confirmed < told.index("| device | torch |")
    assert "1.75 GHz \\| 90 %" in told
    assert "| event_clock |  |" in told
    assert "clock torch hung: no word" in told
    assert told.count("its part was ended before it") == sum(guess.step != "clock" for guess in GUESSES["facts"]) - 2


def test_the_last_finding_of_a_subject_counts(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    note(file, Begun("registry", "2026-01-01T00:00:00Z", {}))
    note(file, Finding("valid", "instead", "refused"))
    note(file, Finding("valid", "confirmed", "accepted"))
    assert "refused" not in summary(file)


BAD = tuple(Step(name, f"{bad_steps.__name__}:{name}", 6.0) for name in ("dies", "raises", "hangs", "finds"))


@pytest.mark.process
def test_whatever_becomes_of_a_step_the_next_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file = tmp_path / "report.jsonl"
    take_part("facts", file, parts={"facts": BAD})
    ended = {line.step: line for line in lines(file) if isinstance(line, Stepped)}
    assert {name: each.ending for name, each in ended.items() if name != "finds"} == {
        "dies": "failed", "raises": "failed", "hangs": "hung",
    }  # fmt: skip
    assert "exit code -6" in ended["dies"].reason
    assert "an unspecified launch failure" in ended["raises"].reason
    assert isinstance(list(lines(file))[-1], Over)


@pytest.mark.process
def test_what_a_step_found_before_its_end_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file = tmp_path / "report.jsonl"
    take_part("facts", file, parts={"facts": [step._replace(seconds=PART_S) for step in BAD if step.name != "hangs"]})
    assert [line.subject for line in lines(file) if isinstance(line, Finding)] == ["dies", "raises", "finds"]


def test_no_step_is_begun_when_the_time_is_up(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    take_part("facts", file, seconds=LEAST_S / 2)
    ended = [line for line in lines(file) if isinstance(line, Stepped)]
    assert [line.step for line in ended] == [step.name for step in PARTS["facts"]]
    assert {line.ending for line in ended} == {"not begun"}
    assert "the time of this part was up" in summary(file)
