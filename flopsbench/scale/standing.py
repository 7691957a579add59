"""Defines what is compared and what came of it: numbers, and the reasons why a comparison is fair or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flopsbench.dtype import DType
from flopsbench.errors import UsageError
from flopsbench.scale.aggregates import Aggregate
from flopsbench.words.reason import Reason

Fairness = Literal["like-for-like", "with caveat", "not compared"]


@dataclass(frozen=True, slots=True)
class Scaling:
    """A Scaling is the efficiency of ``devices`` measured together: their rate over that many times the rate of one."""

    efficiency: float
    devices: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A Measured is what is set beside a total: a rate, its dtype where known, the device's dense peak, its scaling."""

    rate_per_s: float
    unit: str
    dtype: DType | None = None
    peak_per_s: float | None = None
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        if self.dtype is not None and self.dtype.unit != self.unit:
            raise UsageError(f"{self.dtype.name} counts {self.dtype.unit}, not {self.unit}")


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts say how many such devices make the total, rounded to ``digits``; None where that cannot be said.

    ``at_peak`` counts devices at their datasheet peak, ``achieved`` at the rate measured, ``scaled`` at the scaling
    measured. ``if_sparse`` is the first of these that is known, halved, where the source may have counted 2:4
    sparsity. ``share`` is the rate over the total.
    """

    achieved: float
    share: float
    digits: int
    at_peak: float | None = None
    scaled: float | None = None
    if_sparse: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A Standing is a rate beside a total: how fair that is, why, and the counts unless it is "not compared"."""

    aggregate: Aggregate
    measured: Measured
    fairness: Fairness
    reasons: tuple[Reason, ...]
    counts: Counts | None
