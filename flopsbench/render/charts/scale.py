"""Computes the axis of a chart: values as shares of its length, and where its lines are."""

from __future__ import annotations

import math

import msgspec

from flopsbench.units import general_share, round_digits

PARTS = 5  # most parts of an axis
STEPS = (1, 2, 2.5, 5, 10)  # round steps, times any power of ten


class Scale(msgspec.Struct, frozen=True, gc=False):
    """A Scale maps values from ``low`` to ``high`` to shares of an axis, by their logarithm if ``log``.

    The lines that are drawn on it are ``step`` apart; those of a logarithmic scale are a thousandfold apart.
    """

    low: float
    high: float
    step: float = 1.0
    log: bool = False

    def share(self, value: float) -> float:
        """Return 0 for ``low``, 1 for ``high``; a value outside of the scale has the share of the nearer end."""
        if self.high <= self.low:
            return 0.5
        low, high, at = (
            (math.log10(x) for x in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        )
        return min(max((at - low) / (high - low), 0.0), 1.0)

    def percent(self, value: float) -> str:
        """Return the place of a value across a chart, as a percentage of the width."""
        return percent_of_width(self.share(value))

    def ticks(self) -> list[float]:
        """Return the values at which lines are drawn."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) / 3 - 1e-9), math.floor(math.log10(self.high) / 3 + 1e-9)
            return [float(f"1e{3 * i}") for i in range(first, last + 1)]
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [round_digits(i * self.step, 12) for i in range(first, last + 1)]


def from_zero(highest: float, parts: int = PARTS) -> Scale:
    """Return a scale from zero to the first round value not below ``highest``, in that many parts or fewer."""
    step = round_step(highest, parts)
    return Scale(0.0, round_digits(math.ceil(highest / step - 1e-9) * step, 12), step)


def decades(lowest: float, highest: float) -> Scale:
    """Return a logarithmic scale between powers of a thousand that holds both rates."""
    first, last = math.floor(math.log10(lowest) / 3), math.ceil(math.log10(highest) / 3)
    return Scale(float(f"1e{3 * first}"), float(f"1e{3 * max(last, first + 1)}"), log=True)


def round_step(span: float, parts: int) -> float:
    """Return the smallest round step that divides ``span`` into that many parts or fewer."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / parts))
    return next(step * power for step in STEPS if span / (step * power) <= parts + 1e-9)


def percent_of_width(share: float) -> str:
    """Return a share of a chart's width as SVG writes it: "12.5%"."""
    return general_share(share, 4)
