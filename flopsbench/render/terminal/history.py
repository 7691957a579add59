"""A history on a terminal: a line a series, or one series as a chart with its levels and what changed between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.comparison import name as short_name
from flopsbench.render.terminal.comparison import percent
from flopsbench.result.types import significant
from flopsbench.stats import median_interval
from flopsbench.track.differences import machine
from flopsbench.track.history import changepoint
from flopsbench.track.history.changepoint import Segment
from flopsbench.track.history.check import JudgedSeries, counted, logarithms, machine_name
from flopsbench.units import format_rate

COLUMNS, ROWS = 60, 9
POINT, LEVEL, BELOW, ABOVE = "•", "─", "▾", "▴"
BEYOND_SIGMAS = 5.0  # from the outermost level; one Result slowed by 30 % would flatten everything else


def log(judged: Iterable[JudgedSeries]) -> RenderableType:
    """A row a series: since when, how many Results, the rate now, the last change of its level."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("case, machine")
    rows.add_column("since", no_wrap=True)
    rows.add_column("Results", justify="right")
    rows.add_column("rate now", justify="right", no_wrap=True)
    rows.add_column("last change", no_wrap=True)
    for each in judged:
        series = each.series
        title = Text(f"{short_name(series.case)}\n").append(machine_name(series), "dim")
        rows.add_row(
            title, _day(each, 0), str(len(series.points)), _level(each, each.last.level), _last_change(each) or "none"
        )
    return rows


def records(judged: Iterable[JudgedSeries]) -> list[dict[str, object]]:
    """The same for programs: a record a series, rates in its unit a second, changes relative."""
    return [
        {
            "case": each.series.case,
            **each.series.keys,
            "unit": each.series.unit,
            "since": each.series.points[0].result.created,
            "results": len(each.series.points),
            "rate_per_s": significant(math.exp(each.last.level)),
            "changes": [
                {
                    "id": each.id_of(segment),
                    "since": each.series.points[segment.start].result.created,
                    "change": significant(math.expm1(segment.level - before.level)),
                }
                for before, segment in pairwise(each.segments)
            ],
        }
        for each in judged
    ]


def _day(judged: JudgedSeries, index: int) -> str:
    return judged.series.points[index].result.created[:10]


def _level(judged: JudgedSeries, level: float) -> str:
    return format_rate(math.exp(level), judged.series.unit, 4)


def _last_change(judged: JudgedSeries) -> str | None:
    if len(judged.segments) < 2:
        return None
    before, last = judged.segments[-2:]
    return f"{_day(judged, last.start)}\n{percent(math.expm1(last.level - before.level))}"


def show(judged: JudgedSeries) -> RenderableType:
    """One series: its chart, then a paragraph for each level with what changed when it began."""
    series = judged.series
    head = [Text(series.case, "bold"), Text(machine(series.newest.host))]
    levels = [line for number, segment in enumerate(judged.segments) for line in _paragraph(judged, number, segment)]
    return Group(*head, "", *map(Text, chart(judged)), "", *levels)


def chart(judged: JudgedSeries) -> list[str]:
    """Points, levels and numbered change points as lines of text; points beyond the picture are arrows."""
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
        f"{_level(judged, labels[row]) if row in labels else '':>12} │{''.join(cells)}"
        for row, cells in enumerate(rows)
    ]
    first, last = _day(judged, 0), _day(judged, -1)
    return [
        *lines,
        *([f"{'change':>12} │{''.join(marks)}".rstrip()] if len(judged.segments) > 1 else []),
        f"{'':>12}  {first}{last:>{max(columns - len(first), len(last) + 1)}}",
    ]


def _column(index: int, values: Sequence[float]) -> int:
    return index * min(COLUMNS, len(values)) // len(values)


def limits(judged: JudgedSeries) -> tuple[float, float]:
    """Logarithms of the rates between which a picture shows points; beyond lie single Results that were disturbed."""
    reach = BEYOND_SIGMAS * changepoint.sigma(logarithms(judged.series.points))
    levels = [segment.level for segment in judged.segments]
    return min(levels) - reach, max(levels) + reach


def _row(value: float, low: float, high: float) -> int:
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return round((1 - share) * (ROWS - 1))


def _paragraph(judged: JudgedSeries, number: int, segment: Segment) -> Iterator[Text]:
    """One level: how high, how sure, since when; and what changed when it began."""
    rates = [point.rate_per_s for point in judged.series.points[segment.start : segment.stop]]
    low, high = (format_rate(value, judged.series.unit, 4) for value in median_interval(rates)[1:])
    low = low.split()[0] if low.split()[1] == high.split()[1] else low
    since, where = _day(judged, segment.start), counted(len(rates))
    title = f"{_level(judged, segment.level)} ({low} to {high}) from {since}, in {where}"
    if not number:
        yield Text(f"   {title}")
        return
    step = math.expm1(segment.level - judged.segments[number - 1].level)
    yield (
        Text(f"{number}: ", "bold")
        .append(percent(step), _style(judged, segment))
        .append(f" to {title}", "default not bold")
    )
    for line in judged.differences(segment) or ["the Results around it describe the same environment"]:
        yield Text(f"   {line}")
    if ack := judged.accepted.get(segment):
        yield Text(f"   accepted on {ack.day}: {ack.reason}")
    elif segment == judged.fallen:
        yield Text(f"   if it is meant, accept it: flopsbench track ack {judged.id_of(segment)} --reason WHY")


def _style(judged: JudgedSeries, segment: Segment) -> str:
    return "bold red" if segment == judged.fallen else "bold"
