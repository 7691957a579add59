"""Prints a history on a terminal: a row per series, or one series as a chart with its levels and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.render.charts.text import chart, level_rate
from flopsbench.render.terminal.comparison import how_to_accept, percent
from flopsbench.result.facts import short_commit
from flopsbench.result.keys import case_title
from flopsbench.result.types import significant
from flopsbench.stats import median_interval
from flopsbench.track.differences import machine
from flopsbench.track.history.changepoint import Segment
from flopsbench.track.history.commits import NO_COMMITS, Commits
from flopsbench.track.history.judge import JudgedSeries, accepted_as, machine_name
from flopsbench.track.history.series import Point, counted_points, dated
from flopsbench.units import format_rates
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said


def log(judged: Iterable[JudgedSeries], lang: str = "en") -> RenderableType:
    """Return a table of one row per series: since when, how many Results, the rate now, the last change of level."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column(phrase(lang, "column_case_machine"), overflow="fold")
    rows.add_column(phrase(lang, "column_since"), no_wrap=True)
    rows.add_column(phrase(lang, "column_results"), justify="right")
    rows.add_column(phrase(lang, "column_rate_now"), justify="right", no_wrap=True)
    rows.add_column(phrase(lang, "column_last_change"), no_wrap=True)
    for each in judged:
        series = each.series
        title = Text(f"{case_title(series.case)}\n").append(machine_name(series), "dim")
        rows.add_row(
            title,
            "\n".join(_when(series.points[0])),
            str(_results(series.points)),
            level_rate(each, each.last.level),
            _last_change(each) or phrase(lang, "none"),
        )
    return rows


def records(judged: Iterable[JudgedSeries], commits: Commits = NO_COMMITS) -> list[dict[str, object]]:
    """Return one record per series for programs: rates in the unit of the series, changes relative."""
    return [
        {
            "case": each.series.case,
            **each.series.keys,
            "unit": each.series.unit,
            "since": each.series.points[0].result.created,
            "results": _results(each.series.points),
            "points": len(each.series.points),
            "commit": each.series.points[-1].commit,
            "rate_per_s": significant(math.exp(each.last.level)),
            "changes": [_change_record(each, before, segment, commits) for before, segment in pairwise(each.segments)],
        }
        for each in judged
    ]


def _change_record(judged: JudgedSeries, before: Segment, segment: Segment, commits: Commits) -> dict[str, object]:
    """Return the record of one change of a level; ``between`` counts the commits that were not measured, if known."""
    where = judged.range_of(segment)
    return {
        "id": judged.id_of(segment),
        "since": judged.series.points[segment.start].result.created,
        "change": significant(math.expm1(segment.level - before.level)),
        "good_commit": where.good,
        "bad_commit": where.bad,
        "between": commits.between(where.good, where.bad) if where.good and where.bad else None,
    }


def _results(points: Iterable[Point]) -> int:
    """Return how many Results there are in all points."""
    return sum(len(point.results) for point in points)


def _when(point: Point) -> Iterator[str]:
    """Yield the day of a point, and its commit in short where it has one."""
    yield point.day
    if point.commit:
        yield short_commit(point.commit)


def _last_change(judged: JudgedSeries) -> str | None:
    """Return the day and the size of the last change of a level; None where it never changed."""
    if len(judged.segments) < 2:
        return None
    before, last = judged.segments[-2:]
    return f"{dated(judged.series.points[last.start].result)}\n{percent(math.expm1(last.level - before.level))}"


def show(judged: JudgedSeries, lang: str = "en", commits: Commits = NO_COMMITS) -> RenderableType:
    """Return one series: its chart, then a paragraph for each level with what changed when it began."""
    series = judged.series
    head = [Text(series.case, "bold"), Text(machine(series.newest.host))]
    levels = [
        line
        for number, segment in enumerate(judged.segments)
        for line in _paragraph(judged, number, segment, lang, commits)
    ]
    return Group(*head, "", *map(Text, chart(judged, lang)), "", *levels)


def _paragraph(judged: JudgedSeries, number: int, segment: Segment, lang: str, commits: Commits) -> Iterator[Text]:
    """Yield the lines of one level: how high, how sure, since when; and what changed when it began."""
    points = judged.series.points[segment.start : segment.stop]
    rates = [point.rate_per_s for point in points]
    reach = format_rates(*median_interval(rates)[1:], judged.series.unit, digits=4)
    title = phrase(
        lang,
        "level_of_history",
        rate=level_rate(judged, segment.level),
        reach=reach,
        day=dated(points[0].result),
        results=said(counted_points(points), lang),
    )
    if not number:
        yield Text(f"   {title}")
        return
    step = percent(math.expm1(segment.level - judged.segments[number - 1].level))
    line = Text(f"{number}: ", "bold").append(phrase(lang, "step_to_level", step=step, level=title), "default not bold")
    style_from = len(f"{number}: ")
    line.stylize(_style(judged, segment), style_from, style_from + len(step))
    yield line
    for told in judged.told(segment, commits):
        yield Text(f"   {said(told, lang)}")
    if not judged.differences(segment):
        yield Text(f"   {phrase(lang, 'same_environment_around')}")
    if ack := judged.accepted.get(segment):
        yield Text(f"   {accepted_as(ack).text(lang)}")
    elif segment == judged.fallen:
        yield Text(f"   {said(how_to_accept(judged.id_of(segment)), lang)}")


def _style(judged: JudgedSeries, segment: Segment) -> str:
    """Return the style of a change: red where it is the regression that the series has not come back from."""
    return "bold red" if segment == judged.fallen else "bold"
