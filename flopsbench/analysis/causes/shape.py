"""Finds whether the shape of a product is what slows it: too little work per core, rows of a power of two."""

from __future__ import annotations

from math import sqrt

from flopsbench.analysis.causes.slow import Cause, Slow
from flopsbench.device import kind_of
from flopsbench.units import share
from flopsbench.words.reason import Reason

# An edge of a core's part of C, or of a sum, from which on a GEMM hardly gets faster; and that of half the rate.
ENOUGH_EDGE, HALF_RATE_EDGE = 250, 120
# Rows that lie a power of two apart share the sets of a cache. What that costs at 2048 was measured on Zen 4.
POWER_OF_TWO_COSTS = 0.05
LONG_ROW = 1000
ROW_MORE = 32  # elements: no row begins where another one's line lies in the cache


def by_size(slow: Slow) -> Cause | None:
    """Find a shape that leaves each core too little to do."""
    case, units = slow.case, slow.units
    edge = min(sqrt(case.m * case.n / units), case.m, case.n, case.k)
    usual = next(size for most, size in kind_of(case.device).edges if most is None or units <= most)
    if edge >= ENOUGH_EDGE or min(case.m, case.n, case.k) >= usual:
        return None
    factor = edge / (edge + HALF_RATE_EDGE)
    parts = Reason("units_cores", count=units) if slow.is_host else Reason("units_SMs", count=units)
    return Cause(factor, Reason("shape_small", edge=round(edge), units=parts, usual=usual))


def by_power_of_two(slow: Slow) -> Cause | None:
    """Find rows that lie a power of two apart, where what is missing is about what they cost."""
    rows = [edge for edge in (slow.case.n, slow.case.k) if edge >= LONG_ROW and edge & (edge - 1) == 0]
    missing, half_width = 1 - slow.share, _half_width(slow)
    if not rows or not slow.is_host or not POWER_OF_TWO_COSTS / 2 <= missing <= 2 * POWER_OF_TWO_COSTS:
        return None
    if half_width > POWER_OF_TWO_COSTS / 2:
        return None
    row, cost = max(rows), share(POWER_OF_TWO_COSTS)
    return Cause(1 - POWER_OF_TWO_COSTS, Reason("power_of_two", row=row, other=row + ROW_MORE, cost=cost))


def _half_width(slow: Slow) -> float:
    """Return half of the width of the rate's interval, as a share of the rate."""
    rate = slow.case.stats.rate if slow.case.stats else None
    return (rate.high - rate.low) / rate.median / 2 if rate else 0.0
