"""The table of what lowers a GPU's clock: every reason has one meaning."""

from __future__ import annotations

import pytest

from flopsbench.result.throttle import CLOCK_MOVERS, HARMLESS, LIMITS, SLOWDOWNS, THROTTLE_REASONS


def test_every_reason_is_harmless_or_a_slowdown_or_a_limit() -> None:
    kinds = (HARMLESS, SLOWDOWNS, LIMITS)
    assert frozenset().union(*kinds) == set(THROTTLE_REASONS.values())
    assert sum(map(len, kinds)) == len(THROTTLE_REASONS)


def test_the_doctor_warns_of_everything_that_costs_a_grade_and_of_limits() -> None:
    assert set(THROTTLE_REASONS.values()) - HARMLESS == CLOCK_MOVERS
    assert SLOWDOWNS < CLOCK_MOVERS


def test_every_bit_is_that_of_the_real_binding() -> None:
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    for bit, name in THROTTLE_REASONS.items():
        camel = "".join(word.capitalize() for word in name.split("_"))
        assert getattr(pynvml, f"nvmlClocksThrottleReason{camel}") == bit
