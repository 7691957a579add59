"""The axis of a chart: values as shares of the room there is, and the lines drawn on it."""

from __future__ import annotations

import math

import msgspec

PARTS = 5  # an axis has at most so many
STEPS = (1, 2, 2.5, 5, 10)


class Scale(msgspec.Struct, frozen=True, gc=False):
    """Values from ``low`` to ``high`` as shares of the room there is, by their logarithm if ``log``.

    ``step`` lies between the lines that are drawn on it; those of a logarithmic scale are a thousandfold apart.
    """

    low: float
    high: float
    step: float = 1.0
    log: bool = False

    def share(self, value: float) -> float:
        """0 at ``low``, 1 at ``high``; what lies outside is held at the end it left by."""
        if self.high <= self.low:
            return 0.5
        low, high, at = (
            (math.log10(x) for x in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        )
        return min(max((at - low) / (high - low), 0.0), 1.0)

    def percent(self, value: float) -> str:
        """The same as a place across a chart."""
        return percent_of_width(self.share(value))

    def ticks(self) -> list[float]:
        """Where those lines are."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) / 3 - 1e-9), math.floor(math.log10(self.high) / 3 + 1e-9)
            return [float(f"1e{3 * i}") for i in range(first, last + 1)]
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [float(f"{i * self.step:.12g}") for i in range(first, last + 1)]


def from_zero(highest: float, parts: int = PARTS) -> Scale:
    """A scale from nothing to the first round value that holds ``highest``, in so many parts or fewer."""
    step = round_step(highest, parts)
    return Scale(0.0, float(f"{math.ceil(highest / step - 1e-9) * step:.12g}"), step)


def decades(lowest: float, highest: float) -> Scale:
    """A logarithmic scale of whole thousandfolds that holds both."""
    first, last = math.floor(math.log10(lowest) / 3), math.ceil(math.log10(highest) / 3)
    return Scale(float(f"1e{3 * first}"), float(f"1e{3 * max(last, first + 1)}"), log=True)


def round_step(span: float, parts: int) -> float:
    """A round step that divides ``span`` into so many parts or fewer."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / parts))
    return next(step * power for step in STEPS if span / (step * power) <= parts + 1e-9)


def percent_of_width(share: float) -> str:
    return f"{100 * share:.4g}%"
