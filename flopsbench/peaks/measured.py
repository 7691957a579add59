"""Holds measured operations per clock of a core against the table, and snaps those of cores that it does not know.

A table is about the chip that a processor says it is. Hypervisors give other names, and then the ceiling is right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

# A unit of 2^k lanes does 2^k operations per clock, and chips have one, two, four or six (3 x 2) such units.
UNIT_FACTORS = frozenset({1, 3})
SNAP = 0.03
FEWEST_AGREEING = 2
EXCESS = 0.05  # above what a row says: clock and ceiling are measured one after the other, and boost moves in between


def is_exceeded(operations: float, measured_low: float) -> bool:
    """Return whether a core does more per clock than its row says, by the low end of what was measured."""
    return measured_low > (1 + EXCESS) * operations


def snapped(measured: Mapping[str, float]) -> dict[str, int]:
    """Return whole operations per clock and core by dtype, of what was measured; empty where no two dtypes agree.

    A figure is snapped to 2^k or 3 x 2^k within 3 %. Dtypes agree where their figures have the same of the two factors:
    the same units compute them.
    """
    found = {dtype: near for dtype, each in measured.items() if (near := _nearest(each)) is not None}
    factors = Counter(_factor(near) for near in found.values())
    agreed = {factor for factor, count in factors.items() if count >= FEWEST_AGREEING}
    if len(agreed) != 1:
        return {}
    return {dtype: near for dtype, near in found.items() if _factor(near) in agreed}


def _nearest(measured: float) -> int | None:
    """Return the figure that chips can have within 3 % of what was measured; None where there is none."""
    for factor in UNIT_FACTORS:
        exponent = round(math.log2(measured / factor)) if measured > 0 else -1
        if exponent >= 0 and abs(measured / (near := factor << exponent) - 1) <= SNAP:
            return near
    return None


def _factor(whole: int) -> int:
    """Return the odd factor of a whole number: 1 of 2^k, 3 of 3 x 2^k."""
    return whole // (whole & -whole)
