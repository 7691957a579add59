"""Defines what is compared and what came of it: numbers, and the reasons why a comparison is fair or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from flopsbench.dtype import DType
from flopsbench.errors import UsageError
from flopsbench.scale.aggregates import Aggregate
from flopsbench.text import printable
from flopsbench.units import LONGEST_TEXT
from flopsbench.words.reason import Reason

_SCALING = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(%?)\s*@\s*(\d{1,9})", re.ASCII)

Fairness = Literal["like-for-like", "with caveat", "not compared"]


@dataclass(frozen=True, slots=True)
class Scaling:
    """A Scaling is the efficiency of ``devices`` measured together: their rate over that many times the rate of one."""

    efficiency: float
    devices: int


def parse_scaling(text: str) -> Scaling:
    """Parse an efficiency and the number of devices that it was measured on, "0.90@8"; raise UsageError otherwise."""
    match = _SCALING.fullmatch(text.strip())
    if match is None:
        raise UsageError(Reason("eta_malformed", text=printable(text[:LONGEST_TEXT])))
    efficiency, devices = float(match[1]) / (100 if match[2] else 1), int(match[3])
    if not 0 < efficiency <= 1:
        raise UsageError(Reason("eta_no_share", share=match[1] + match[2]))
    if devices < 2:
        raise UsageError(Reason("eta_one_device"))
    return Scaling(efficiency, devices)


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
            raise UsageError(
                Reason("dtype_counts_other", dtype=self.dtype.name, counted=self.dtype.unit, unit=self.unit)
            )


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
