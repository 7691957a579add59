"""Prints a history on a terminal: a row per series, or one series as a chart with its levels and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.render.charts.text import chart, day, level_rate
from flopsbench.render.terminal.comparison import how_to_accept, percent
from flopsbench.result.keys import case_title
from flopsbench.result.types import significant
from flopsbench.stats import median_interval
from flopsbench.track.differences import machine
from flopsbench.track.history.changepoint import Segment
from flopsbench.track.history.judge import JudgedSeries, counted, machine_name
from flopsbench.units import format_rate


def log(judged: Iterable[JudgedSeries]) -> RenderableType:
    """Return a table of one row per series: since when, how many Results, the rate now, the last change of level."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("case, machine")
    rows.add_column("since", no_wrap=True)
    rows.add_column("Results", justify="right")
    rows.add_column("rate now", justify="right", no_wrap=True)
    rows.add_column("last change", no_wrap=True)
    for each in judged:
        series = each.series
        title = Text(f"{case_title(series.case)}\n").append(machine_name(series), "dim")
        rows.add_row(
            title,
            day(each, 0),
            str(len(series.points)),
            level_rate(each, each.last.level),
            _last_change(each) or "none",
        )
    return rows


def records(judged: Iterable[JudgedSeries]) -> list[dict[str, object]]:
    """Return one record per series for programs: rates in the unit of the series, changes relative."""
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


def _last_change(judged: JudgedSeries) -> str | None:
    """Return the day and the size of the last change of a level; None where it never changed."""
    if len(judged.segments) < 2:
        return None
    before, last = judged.segments[-2:]
    return f"{day(judged, last.start)}\n{percent(math.expm1(last.level - before.level))}"


def show(judged: JudgedSeries) -> RenderableType:
    """Return one series: its chart, then a paragraph for each level with what changed when it began."""
    series = judged.series
    head = [Text(series.case, "bold"), Text(machine(series.newest.host))]
    levels = [line for number, segment in enumerate(judged.segments) for line in _paragraph(judged, number, segment)]
    return Group(*head, "", *map(Text, chart(judged)), "", *levels)


def _paragraph(judged: JudgedSeries, number: int, segment: Segment) -> Iterator[Text]:
    """Yield the lines of one level: how high, how sure, since when; and what changed when it began."""
    rates = [point.rate_per_s for point in judged.series.points[segment.start : segment.stop]]
    low, high = (format_rate(value, judged.series.unit, 4) for value in median_interval(rates)[1:])
    low = low.split()[0] if low.split()[1] == high.split()[1] else low
    since, where = day(judged, segment.start), counted(len(rates))
    title = f"{level_rate(judged, segment.level)} ({low} to {high}) from {since}, in {where}"
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
        yield Text(f"   {how_to_accept(judged.id_of(segment))}")


def _style(judged: JudgedSeries, segment: Segment) -> str:
    """Return the style of a change: red where it is the regression that the series has not come back from."""
    return "bold red" if segment == judged.fallen else "bold"
