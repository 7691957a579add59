"""Tests what a run tells while it goes on where nobody looks at a terminal: a line per case."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from rich.console import Console
from rich.progress import Progress

from flopsbench.cli.progress import COLUMNS, Lines, Pace, RunBar, watching
from flopsbench.device import Device
from flopsbench.result.types import Case, Software
from flopsbench.runs import messages
from flopsbench.telemetry.device import device_record
from tests.documents import case, process

CPU = Device("cpu", 0, "imaginary")


def told(*cases: Case, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines about a run of these cases."""
    with watching() as on_event:
        assert isinstance(on_event, Lines)
        software = Software(python="3.12.4", versions={})
        on_event(messages.Started(cases=list(cases), devices=[device_record(CPU)], software=software))
        for each in cases:
            on_event(messages.Begun("cpu " + each.case, 1.0))
            on_event(messages.Ended(each))
    captured = capsys.readouterr()
    assert captured.out == "", "standard output is the result's own"
    return captured.err.splitlines()


def test_each_case_has_a_line_with_its_rate_or_why_it_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten launches of 2 x 1024^3 FLOP in each block of 0.1 s."""
    refused = case("unsupported", dtype="fp16", reason="no path\nfor it")
    assert told(case(processes=[process([0.1] * 7)]), refused, capsys=capsys) == [
        "1 of 2: fp32 numpy cpu: 215 GFLOPS from 7 blocks",
        "2 of 2: fp16 numpy cpu: unsupported: no path",
    ]


def test_a_worker_that_goes_on_for_another_counts_on(capsys: pytest.CaptureFixture[str]) -> None:
    lines, software = Lines(Pace()), Software(python="3.12.4", versions={})
    cases = [case(), case(dtype="fp64")]
    for each in cases:
        lines(messages.Started(cases=cases, devices=[], software=software))
        lines(messages.Ended(each))
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["1 of 2", "2 of 2"]


def test_each_process_of_a_run_counts_anew(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Pace())
    for _ in range(2):
        lines(messages.Started(cases=[case()], devices=[], software=Software(python="3.12.4", versions={})))
        lines(messages.Ended(case()))
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["1 of 1", "1 of 1"]


@dataclass
class Clock:
    """A Clock is one that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


CASES = [case(), case(dtype="fp64"), case(dtype="int8"), case("unsupported", dtype="fp16", reason="no path")]
STARTED = messages.Started(cases=CASES, devices=[], software=Software(python="3.12.4", versions={}))


def test_the_time_left_is_that_of_the_cases_left_and_of_the_processes_to_come() -> None:
    clock = Clock()
    pace = Pace(processes=2, clock=clock)
    assert pace.left_s() is None
    pace.take(STARTED)
    assert pace.left_s() is None
    pace.take(messages.Begun("cpu " + CASES[0].case, 10.0))
    assert pace.left_s() == 40 + 40
    clock.now = 4.0
    assert pace.left_s() == 36 + 40
    pace.take(messages.Ended(CASES[0]))
    assert pace.left_s() == 30 + 40
    for each in CASES[1:]:
        pace.take(messages.Begun("cpu " + each.case, 10.0))
        pace.take(messages.Ended(each))
    assert pace.left_s() == 40
    clock.now = 24.0
    pace.take(STARTED)
    pace.take(messages.Begun("cpu " + CASES[0].case, 5.0))
    assert pace.left_s() == 20
    clock.now = 99.0
    assert pace.left_s() == 0


def test_a_case_in_which_a_worker_died_is_done() -> None:
    pace = Pace()
    for each in CASES[:2]:
        pace.take(STARTED)
        pace.take(messages.Begun("cpu " + each.case, 10.0))
    pace.take(messages.Ended(CASES[1]))
    assert pace.done == 2


def test_the_bar_shows_counts_and_the_time_left_and_never_none() -> None:
    clock, screen = Clock(), io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with Progress(*COLUMNS, console=console, auto_refresh=False) as progress:
        bar = RunBar(progress, Pace(clock=clock))
        progress.refresh()
        assert " of " not in screen.getvalue()
        for event in (STARTED, messages.Begun("cpu " + CASES[0].case, 10.0)):
            bar(event)
            progress.refresh()
        clock.now = 5.0
        bar(messages.Ended(CASES[0]))
        progress.refresh()
    assert "0 of 4" in screen.getvalue()
    assert "about 40 s left" in screen.getvalue()
    assert "1 of 4" in screen.getvalue()
    assert "about 30 s left" in screen.getvalue()
    assert "None" not in screen.getvalue()
