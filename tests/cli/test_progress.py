"""Tests what a run tells while it goes on where nobody looks at a terminal: a line per case."""

from __future__ import annotations

import pytest

from flopsbench.cli.progress import Lines, watching
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
    lines, software = Lines(), Software(python="3.12.4", versions={})
    cases = [case(), case(dtype="fp64")]
    for each in cases:
        lines(messages.Started(cases=cases, devices=[], software=software))
        lines(messages.Ended(each))
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["1 of 2", "2 of 2"]


def test_each_process_of_a_run_counts_anew(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for _ in range(2):
        lines(messages.Started(cases=[case()], devices=[], software=Software(python="3.12.4", versions={})))
        lines(messages.Ended(case()))
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["1 of 1", "1 of 1"]
