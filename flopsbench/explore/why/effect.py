"""Judges what a change has recovered: its interval over fresh processes, and what that makes of the hypothesis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from flopsbench.stats import median
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS, interval
from flopsbench.track.defaults import MARGIN as NOTHING

MATERIAL = 0.1  # faster than as it is: less is told, and blamed for nothing
SETS = 7  # of fresh processes: with one of them far off, the other six still reach the 2.5 % of one end

Finding = Literal[
    "cause",  # both looks say that without it the case is faster by more than MATERIAL
    "minor",  # it is faster without, by less
    "no cause",  # it is not
    "open",  # the interval reaches across
    "not tested",
]


class Effect(msgspec.Struct, frozen=True):
    """An Effect is how much faster processes were with a change than without: a share, with its 95 % interval.

    ``sets`` are the differences of each set of fresh processes, as shares, of both looks.
    """

    estimate: float
    low: float
    high: float
    sets: list[float]


def effect_of(values: Sequence[float]) -> Effect | None:
    """Return the effect of a change from ln(with/without) of each set; None where they are too few."""
    if len(values) < FEWEST_PAIRS:
        return None
    estimate, low, high = map(math.expm1, interval(values))
    return Effect(estimate, low, high, [math.expm1(value) for value in values])


def is_material(values: Sequence[float]) -> bool:
    """Return whether all that one look saw of a change lies beyond what is material."""
    effect = effect_of(values)
    return effect is not None and effect.low > MATERIAL


def found(first: Sequence[float], second: Sequence[float]) -> Finding:
    """Return what two looks make of a hypothesis; the second is taken of what seems to be a cause alone.

    Each look errs once in forty times, so that both together blame what is none less than once in a thousand: however
    many hypotheses there are, one is hardly ever blamed by chance.
    """
    effect = effect_of(first)
    if effect is None:
        return "not tested"
    if is_material(first):
        return "cause" if is_material(second) else "open"
    if effect.high > MATERIAL:
        return "open"
    return "minor" if effect.low > NOTHING else "no cause"


def moved(control: Sequence[float]) -> bool:
    """Return whether the control, in which nothing was changed, says that nothing can be told here."""
    return bool(control) and abs(math.expm1(median(control))) > MATERIAL / 2
