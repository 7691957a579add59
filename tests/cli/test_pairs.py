"""Tests the live table of an A/B."""

from __future__ import annotations

import pytest
from rich.console import Console

from flopsbench.cli.pairs import so_far, table, watching
from flopsbench.track.ab.ab import Progress, ignore_progress

STEADY = [-0.031, -0.029, -0.030, -0.032, -0.028, -0.0305]


def drawn(progress: Progress) -> str:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115  # open as long as the console
    with console.file:
        console.print(table(progress))
    return console.export_text()


def test_a_row_says_how_many_pairs_are_done_and_the_change_so_far() -> None:
    text = drawn(Progress(6, 14, False, {"cpu gemm/fp32/512x512x512/nn/numpy/blas/cpu/burst": STEADY}))
    assert "fp32 numpy 512³" in text
    assert "6 of 14" in text
    assert "-3.0 %  (-3.1 to -2.8)" in text


def test_the_second_look_is_called_so() -> None:
    assert "second look" in drawn(Progress(1, 14, True, {"case": []}))
    assert "second look" not in drawn(Progress(1, 14, False, {"case": []}))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_before_six_pairs_no_change_is_shown(count: int) -> None:
    assert so_far(STEADY[:count]) == "after 6 pairs"


def test_nothing_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as on_progress:
        assert on_progress is ignore_progress
    assert capsys.readouterr().err == ""
