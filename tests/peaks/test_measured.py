"""What a core did per clock, held against a row and snapped to what units can do."""

from __future__ import annotations

import pytest

from flopsbench.peaks.measured import is_exceeded, snapped


@pytest.mark.parametrize(
    ("measured", "whole"),
    [
        ({"fp64": 15.8, "fp32": 31.5}, {"fp64": 16, "fp32": 32}),
        ({"fp64": 31.8, "fp32": 62.9, "bf16": 118.5, "int8": 254.0}, {"fp64": 32, "fp32": 64, "int8": 256}),
        ({"fp64": 23.6, "fp32": 47.4}, {"fp64": 24, "fp32": 48}),  # six units
        ({"fp64": 4.05, "fp32": 15.9}, {"fp64": 4, "fp32": 16}),
        ({"fp32": 32.0, "int8": 128.1, "fp64": 12.7}, {"fp32": 32, "int8": 128}),
    ],
)
def test_figures_that_agree_are_whole(measured: dict[str, float], whole: dict[str, int]) -> None:
    assert snapped(measured) == whole


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {"fp32": 32.0},  # one alone
        {"fp64": 14.9, "fp32": 29.8},  # 7 % below: a core that was disturbed
        {"fp64": 16.6, "fp32": 31.9},  # one of two
        {"fp64": 16.0, "fp32": 48.0},  # not the same units
        {"fp64": 16.0, "fp32": 32.0, "bf16": 96.0, "int8": 192.0},  # nobody knows which two are right
        {"fp64": 0.0, "fp32": 0.3},
    ],
)
def test_figures_that_do_not_agree_are_none(measured: dict[str, float]) -> None:
    assert snapped(measured) == {}


def test_a_row_is_exceeded_by_more_than_boost_moves() -> None:
    assert is_exceeded(8, 15.9)
    assert is_exceeded(16, 17.0)
    assert not is_exceeded(16, 16.5)
    assert not is_exceeded(16, 8.0)
