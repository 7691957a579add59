"""Draws a history as a chart of text, 80 columns wide: points, levels and numbered change points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from rich.cells import cell_len

from flopsbench.track.history import changepoint
from flopsbench.track.history.judge import JudgedSeries, logarithms
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase

COLUMNS, ROWS = 60, 9
POINT, LEVEL, BELOW, ABOVE = "•", "─", "▾", "▴"
BEYOND_SIGMAS = 5.0  # from the outermost level; one Result slowed by 30 % would flatten everything else


def chart(judged: JudgedSeries, lang: str = "en") -> list[str]:
    """Draw points, levels and numbered change points as lines of text; points beyond the picture are arrows."""
    values = logarithms(judged.series.points)
    columns = min(COLUMNS, len(values))
    low, high = limits(judged)
    rows = [[" "] * columns for _ in range(ROWS)]
    for segment in judged.segments:
        for column in range(_column(segment.start, values), _column(segment.stop - 1, values) + 1):
            rows[_row(segment.level, low, high)][column] = LEVEL
    for column in range(columns):
        value = median(value for index, value in enumerate(values) if _column(index, values) == column)
        mark = BELOW if value < low else ABOVE if value > high else POINT
        rows[_row(value, low, high)][column] = mark
    marks = [" "] * columns
    for number, segment in enumerate(judged.segments[1:], 1):
        marks[_column(segment.start, values)] = str(number)[-1]
    labels = {0: high, ROWS // 2: (low + high) / 2, ROWS - 1: low}
    lines = [
        f"{level_rate(judged, labels[row]) if row in labels else '':>12} │{''.join(cells)}"
        for row, cells in enumerate(rows)
    ]
    first, last = _day(judged, 0), _day(judged, -1)
    days = first if first == last else f"{first}{last:>{max(columns - len(first), len(last) + 1)}}"
    change = phrase(lang, "column_change")
    return [
        *lines,
        *([f"{' ' * (12 - cell_len(change))}{change} │{''.join(marks)}".rstrip()] if len(judged.segments) > 1 else []),
        f"{'':>12}  {days}",
    ]


def limits(judged: JudgedSeries) -> tuple[float, float]:
    """Return the logarithms of the rates between which a picture shows points.

    Beyond them lie single Results that were disturbed.
    """
    reach = BEYOND_SIGMAS * changepoint.sigma(logarithms(judged.series.points))
    levels = [segment.level for segment in judged.segments]
    return min(levels) - reach, max(levels) + reach


def _day(judged: JudgedSeries, index: int) -> str:
    """Return the day of one point of a series: "2024-01-21"."""
    return judged.series.points[index].day


def level_rate(judged: JudgedSeries, level: float) -> str:
    """Return a level, which is a logarithm, as a rate of the series to 4 digits."""
    return format_rate(math.exp(level), judged.series.unit, 4)


def _column(index: int, values: Sequence[float]) -> int:
    """Return the column that a point stands in; several points share one where they are too many."""
    return index * min(COLUMNS, len(values)) // len(values)


def _row(value: float, low: float, high: float) -> int:
    """Return the row that a value stands in, 0 at the top; what lies outside is held at the edge."""
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return round((1 - share) * (ROWS - 1))
