"""This module decides verdicts: it turns the interval of a relative change, and a margin, into a word.

Every comparison ends here, whoever made it: ``compare`` with the noise floor of the machine, an A/B with the interval
of its pairs, the gate of a test suite with the intervals of its blocks, a history with the levels of its series. How
a comparison comes to its interval is its own concern.
"""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal[
    "regression",  # slower by more than the margin, and sure of it
    "failed",  # the new one gave no rate, or its product was wrong
    "missing",  # the base has it, the new one does not
    "suspected",  # the last one or two points of a history moved: too few to call
    "inconclusive",  # the interval reaches across the margin: nothing can be said
    "acknowledged",  # a regression that somebody has accepted
    "improvement",
    "unchanged",  # the interval is wholly within the margin
    "new",  # only the new one has it
    "not run",  # neither could run it
]
FAILURES: tuple[Verdict, ...] = ("regression", "failed", "missing")


def verdict_of_interval(low: float, high: float, margin: float) -> Verdict:
    """Return the verdict on a relative change that lies between ``low`` and ``high`` (-0.03 is 3 % slower).

    ``margin`` is a positive share. A change is called only where the whole interval lies beyond the margin. An end
    that lies exactly on the margin is within it, so that the interval from -2 % to 2 % is unchanged at a margin of 2 %.
    """
    if high < -margin:
        return "regression"
    if low > margin:
        return "improvement"
    return "unchanged" if -margin <= low and high <= margin else "inconclusive"


def verdict_of_change(change: float, margin: float) -> Verdict:
    """Return the verdict on a relative change that is taken for exact: an interval of one point."""
    return verdict_of_interval(change, change, margin)


def smallest_slowdown(reach: float, margin: float) -> float:
    """Return the smallest slowdown, as a positive share, whose whole interval lies beyond the margin.

    ``reach`` is how far the interval extends above its estimate, as a difference of logarithms.
    """
    return 1 - (1 - margin) * math.exp(-reach)
