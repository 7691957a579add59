"""Tests which bounds hold for a device of which no table knows more."""

from __future__ import annotations

import pytest

from flopsbench.peaks.bounds import (
    BYTES_PER_S_OF_ANY_CPU,
    BYTES_PER_S_OF_ANY_GPU,
    HIGHEST_CLOCK_OF_ANY_CPU_HZ,
    HIGHEST_CLOCK_OF_ANY_GPU_HZ,
    highest_bandwidth,
    highest_clock_hz,
)


@pytest.mark.parametrize(
    ("kind", "clock_hz", "bytes_per_s"),
    [
        ("cpu", HIGHEST_CLOCK_OF_ANY_CPU_HZ, BYTES_PER_S_OF_ANY_CPU),
        ("cuda", HIGHEST_CLOCK_OF_ANY_GPU_HZ, BYTES_PER_S_OF_ANY_GPU),
        ("a kind that no row knows", HIGHEST_CLOCK_OF_ANY_GPU_HZ, BYTES_PER_S_OF_ANY_GPU),
    ],
)
def test_the_bounds_of_a_kind(kind: str, clock_hz: float, bytes_per_s: float) -> None:
    assert (highest_clock_hz(kind), highest_bandwidth(kind)) == (clock_hz, bytes_per_s)
