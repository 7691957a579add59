"""What is told while an exploration goes on: what was measured, how many sets are done, how long the others take."""

from __future__ import annotations

import pytest

from flopsbench.cli.stages import StageTeller, watching
from flopsbench.explore.why.why import Stage
from flopsbench.runs.messages import Ended, Finished
from tests.documents import case

CASE = "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def teller(told: list[str]) -> StageTeller:
    times = iter([0.0, 10.0, 30.0, 100.0, 104.0])
    return StageTeller(told.append, clock=lambda: next(times))


def test_each_case_of_the_run_is_told_and_nothing_else_of_it(teller: StageTeller, told: list[str]) -> None:
    teller.on_event(Ended(case()))
    teller.on_event(Finished())
    assert told == ["measured fp32 numpy 1024³"]


def test_the_time_left_is_told_from_the_second_set_of_each_look_on(teller: StageTeller, told: list[str]) -> None:
    for done in (1, 2, 4):
        teller.on_stage(Stage(CASE, done, 7, again=False))
    for done in (0, 1):
        teller.on_stage(Stage(CASE, done, 7, again=True))
    assert told == [
        "fp32 numpy 1024³: set 1 of 7",
        "fp32 numpy 1024³: set 2 of 7, about 50 s left",
        "fp32 numpy 1024³: set 4 of 7, about 30 s left",
        "fp32 numpy 1024³, second look: set 0 of 7",
        "fp32 numpy 1024³, second look: set 1 of 7, about 24 s left",
    ]


def test_without_a_terminal_there_is_a_line_each_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as teller:
        teller.on_stage(Stage(CASE, 1, 7, again=False))
    assert capsys.readouterr().err == "fp32 numpy 1024³: set 1 of 7\n"
