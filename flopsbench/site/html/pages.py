"""Renders the pages of the site, the same bytes for the same input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

from flopsbench.dtype import DTYPES, order
from flopsbench.registry.entry import Entry, Figure, Machine
from flopsbench.render.charts import svg
from flopsbench.render.html import cells
from flopsbench.render.html.cells import NONE
from flopsbench.render.html.result import ResultPage
from flopsbench.result.types import METHOD_VERSION, Result
from flopsbench.scale.aggregates import load_statements
from flopsbench.scale.rules import formats
from flopsbench.site.html import eflops
from flopsbench.site.html.environment import environment
from flopsbench.site.model.boards import Board, BoardRow, OwnKernel, Ranking
from flopsbench.site.model.devices import DatedFigure, DeviceHistory, MethodStandings
from flopsbench.site.model.home import Summary
from flopsbench.site.model.totals import Totals
from flopsbench.site.model.trust import LEVELS, entry_trust
from flopsbench.text import moment_of
from flopsbench.units import grouped
from flopsbench.validate.finding import Finding
from flopsbench.words.catalogue import WORDS
from flopsbench.words.pages import TEXTS, say

BARS = 20  # most devices on a board's chart; the table has all
AT_ONCE = 200  # rows of a long board that are laid out at once; the others follow when a reader asks for them
MOST_REFUSED = 100  # files that were left out, by name; all of them are counted
SERIES = 4  # series of a timeline, one per library and driver; all others are one more series

MENU = (
    ("home", "index.html", TEXTS["menu_boards"]),
    ("eflops", "eflops.html", "EFLOPS"),
    ("compare", "compare.html", TEXTS["menu_compare"]),
    ("about", "about.html", TEXTS["menu_about"]),
)
BADGES = {level: Markup(f'<span class="trust {level}">{TEXTS[f"trust_{level}"]}</span>') for level in LEVELS}
REGIMES = {regime: TEXTS[f"regime_{regime}"] for regime in ("burst", "sustained")}


class Pages:
    """A Pages holds the templates, compiled once; each public method returns a whole page."""

    def __init__(self) -> None:
        self._environment = environment(MENU)
        self._environment.globals |= {
            "badges": BADGES,
            "kind": kind,
            "name": cells.named,
            "vendor": cells.vendor,
            "dtypes": {name: TEXTS[f"dtype_{name}"] for name in DTYPES},
            "watts": cells.watts,
            "per_joule": cells.per_joule,
            "of_peak": cells.of_peak,
            "spread": spread,
            "headline": headline,
            "board_name": cells.board,
            "older": cells.older,
            "current_method": METHOD_VERSION,
            "what": what,
            "linked": linked,
        }

    def home(self, summary: Summary) -> str:
        """Return the first page: boards, devices, the newest Results, what was left out, how to contribute."""
        refused = summary.refused[:MOST_REFUSED]
        return self._render("home", summary=summary, board_names=_board_names(summary), refused=refused)

    def board(self, board: Board) -> str:
        """Return a board's page: its rankings, the newest method first, and what others published of that dtype.

        A ranking has a chart of its fastest devices, every row, and own kernels; the first can be filtered.
        """
        first, *_ = board.rankings
        choices = {
            "vendor": _options(cells.vendor(row.machine) for row in first.rows),
            "kind": _options((row.machine.kind for row in first.rows), "kind_"),
            "trust": _options((row.trust for row in first.rows), "trust_"),
        }
        rankings = [_shown_ranking(ranking, board.unit) for ranking in board.rankings]
        return self._render("board", root="../", board=board, rankings=rankings, choices=choices)

    def device(self, history: DeviceHistory) -> str:
        """Return a device's page: its places on boards, its datasheet, and every figure over time."""
        figures = [point.figure for point in history.points]
        choices = {
            "dtype": _options(figure.dtype for figure in figures),
            "regime": _options((figure.regime for figure in figures), "regime_"),
            "library": _options(figure.library for figure in figures),
        }
        return self._render(
            "device",
            root="../",
            history=history,
            choices=choices,
            own_places=_own_places,
            timelines=list(_timelines(history.points)),
            rows=Markup("\n".join(map(_figure_row, history.points))),
        )

    def result(self, result: Result, entry: Entry, findings: Sequence[Finding] = ()) -> str:
        """Return a Result's page: everything that was observed, and the validator's notes and reviews."""
        report = ResultPage(result, entry, findings)
        return self._render("result", root="../", report=report, result=result, entry=entry, level=entry_trust(entry))

    def eflops(self, totals: Totals) -> str:
        """Return the EFLOPS page: from the smallest machine to published totals, and how many machines make those."""
        taken = totals.chosen.comparisons if totals.chosen else [None] * len(totals.aggregates)
        return self._render(
            "eflops",
            totals=totals,
            ladder=svg.ladder(eflops.ladder(totals), "FLOP/s", "ladder-caption"),
            rows=[eflops.total_row(total, one) for total, one in zip(totals.aggregates, taken, strict=True)],
            statements=load_statements(),
            statement=eflops.statement,
            statements_heading=eflops.statements_heading(),
            formats=formats(totals.counted_in),
            rates=eflops.rates_of(totals, totals.chosen.machine) if totals.chosen else "",
            measured_on=eflops.measured_on,
            published_on=eflops.published_on,
            needed=eflops.needed,
            ten_to=cells.ten_to,
        )

    def compare(self, summary: Summary) -> str:
        """Return the page on which a script compares devices; without scripts it links to every device and board."""
        return self._render("compare", summary=summary, board_names=_board_names(summary))

    def about(self) -> str:
        """Return the page that says what the numbers mean, how far to trust them, and how to contribute."""
        return self._render("about")

    def not_found(self) -> str:
        """Return the page for addresses that lead nowhere, at whatever depth."""
        return self._render("not_found")

    def _render(self, page: str, root: str = "", **values: Any) -> str:
        """Return a page by its template; ``root`` is the way from the page to the site's folder."""
        return self._environment.get_template(f"{page}.html").render(page=page, root=root, **values) + "\n"


def kind(device_kind: str) -> Markup:
    """Return the words for a kind of device; a kind without words is shown as it is."""
    return TEXTS.get(f"kind_{device_kind}", escape(device_kind))


def what(machine: Machine) -> Markup:
    """Return what a device is as a sentence: "CPU, AMD."."""
    if machine.vendor:
        return say("machine_kind_vendor", kind=kind(machine.kind), vendor=cells.vendor(machine))
    return say("machine_kind", kind=kind(machine.kind))


def headline(entry: Entry) -> Markup:
    """Return an Entry's fastest floating-point burst, or else its fastest integer one: "bf16 353 GFLOPS".

    It is one that is ranked where there is any, and the vendor's GEMM's where that was measured; by an older method it
    is marked.
    """
    bursts = [figure for figure in entry.figures if figure.regime == "burst"] or entry.figures
    best = max(bursts, key=_standing, default=None)
    if best is None:
        return Markup(NONE)
    return Markup("{} {}{}").format(best.dtype, cells.rate(best.median, best.unit), cells.older(entry.method))


def _standing(figure: Figure) -> tuple[bool, bool, bool, float]:
    """Return what figures of a Result are sorted by for its headline, the last of which is that."""
    return not figure.unranked, figure.is_vendor, figure.unit == "FLOP/s", figure.median


def spread(row: BoardRow, unit: str) -> Markup:
    """Return the range of a row; where it is that of one submitter's intervals, it is marked as such."""
    told = escape(cells.interval(row.low, row.high, unit))
    if row.submitters > 1:
        return told
    mark = "95% CI" if row.results == 1 else say("intervals_of", count=row.results)
    return told + Markup("<br><small>{}</small>").format(mark)


_ADDRESS = re.compile(r"https?://[^\s()<>\"']+[^\s()<>\"'.,;:]")


def linked(text: str) -> Markup:
    """Return a shipped text whose web addresses are links."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        parts += [escape(text[end : found.start()]), eflops.link(found[0], found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _board_names(summary: Summary) -> dict[str, str]:
    """Return the names of all boards by their keys."""
    return {board.key: cells.board(board.dtype, board.math) for board in summary.boards}


def _peak_of(row: BoardRow) -> float | None:
    """Return the datasheet's peak of a row's device, None where it is not known."""
    return row.median / row.of_peak if row.of_peak else None


def _options(values: Iterable[str], family: str = "") -> list[tuple[str, str, str]]:
    """Return the choices of a filter: "all" and each value, each with its name in both languages."""
    return [
        ("", *WORDS["all"]),
        *((value, *WORDS.get(family + value, (value, value))) for value in sorted(set(values))),
    ]


def _number(value: float | None, shown: object) -> str:
    """Return a table cell that is sorted by its number; an unknown value has no number and is sorted last."""
    return f'<td class="number" data-value="{value!r}">{shown}</td>' if value else f'<td class="number">{shown}</td>'


def _shown_ranking(ranking: Ranking, unit: str) -> dict[str, Any]:
    """Return what the template of a board shows of one ranking; ``suffix`` tells its parts from another's."""
    suffix = "" if ranking.method == METHOD_VERSION else f"-method-{ranking.method}"
    drawn = [
        svg.Bar(cells.device(row.machine), row.median, row.low, row.high, _peak_of(row)) for row in ranking.rows[:BARS]
    ]
    highest = max((row.high for row in ranking.rows), default=0.0)
    rows = [_board_row(place, row, unit, highest) for place, row in enumerate(ranking.rows, 1)]
    return {
        "method": ranking.method,
        "suffix": suffix,
        "chart": svg.bars(drawn, unit, f"bars{suffix}") if drawn else "",
        "shown": rows[:AT_ONCE],
        "rest": rows[AT_ONCE:],
        "own": Markup("").join(_own_row(own, unit) for own in ranking.own),
    }


def _own_row(own: OwnKernel, unit: str, board: Markup | None = None) -> Markup:
    """Return the table row of an own kernel: under its device, or under the link to a ``board`` on a device's page."""
    row = own.row
    device = Markup('<a href="../devices/{}.html">{}</a>').format(row.machine.slug, cells.named(row.machine))
    by = Markup("{} {}<br><small>{}</small>").format(own.backend, own.kernel, own.submitter or row.library)
    return Markup(
        f'<tr><th scope="row" class="device">{board or device}</th><td class="by">{by}</td>'
        f"{_number(row.median, f'<strong>{cells.rate(row.median, unit)}</strong>')}"
        f'<td class="range">{spread(row, unit)}</td>'
        f"{_number(own.of_vendor, cells.of_vendor(own.of_vendor, own.by_board))}"
        f"{_number(row.of_ceiling, cells.share(row.of_ceiling))}"
        f"{_number(row.of_peak or row.of_peak_at_clock, cells.of_peak(row.of_peak, row.of_peak_at_clock))}"
        f'{_grade(row)}<td class="versions">'
        f'<a href="../results/{escape(row.latest)}.html">{escape(row.date[:10])}</a></td></tr>'
    )


def _grade(row: BoardRow) -> str:
    """Return the table cell of a row's grade."""
    return f"<td>{escape(row.grade or NONE)}</td>"


def _own_places(standings: MethodStandings) -> Markup:
    """Return the rows of a device's own kernels, each under its board."""
    link = '<a href="../boards/{}.html">{}</a>'
    return Markup("").join(
        _own_row(place.own, place.unit, Markup(link).format(place.key, cells.board(place.dtype, place.math)))
        for place in standings.own
    )


def _board_row(place: int, row: BoardRow, unit: str, highest: float) -> dict[str, Any]:
    """Return what the template of a board shows of one row; ``highest`` is the rate at the end of the chart."""
    drawn = svg.spark(row.median, row.low, row.high, highest) if place <= AT_ONCE else ""
    peak = row.of_peak or row.of_peak_at_clock
    row_cells = (
        _number(row.median, f"<strong>{cells.rate(row.median, unit)}</strong>"),
        f'<td class="drawn">{drawn}{spread(row, unit)}</td>',
        _number(row.results, f"{grouped(row.results)} / {grouped(row.submitters)}"),
        _number(peak, cells.of_peak(row.of_peak, row.of_peak_at_clock)),
        _number(row.of_ceiling, cells.share(row.of_ceiling)),
        _number(row.sustained, cells.rate(row.sustained, unit)),
        _number(row.watts, cells.watts(row.watts)),
        _number(row.per_joule, cells.per_joule(row.per_joule, unit)),
        _grade(row),
    )
    return {
        "place": place,
        "machine": row.machine,
        "name": cells.named(row.machine),
        "trust": row.trust,
        "latest": row.latest,
        "date": row.date[:10],
        "versions": ", ".join([*(f"{name} {number}" for name, number in row.versions.items()), row.library]),
        "cells": Markup("".join(row_cells)),
    }


def _figure_row(point: DatedFigure) -> str:
    """Return the table row of one figure of a device."""
    figure = point.figure
    m, n, k = figure.shape
    peak = figure.of_peak or figure.of_peak_at_clock
    dtype, library, day = escape(figure.dtype), escape(figure.library), escape(point.created[:10])
    row = (
        f'<tr data-dtype="{dtype}" data-regime="{escape(figure.regime)}" data-library="{library}">',
        f'<th scope="row" class="date"><a href="../results/{escape(point.page)}.html">{day}</a>',
        f"{cells.older(point.method)}</th>",
        f"<td>{escape(cells.board(figure.dtype, figure.math))}</td><td>{REGIMES[figure.regime]}</td>",
        _number(
            figure.median,
            f"<strong>{cells.rate(figure.median, figure.unit)}</strong>"
            f"<br><small>{cells.interval(figure.low, figure.high, figure.unit)}</small>{cells.remark(figure.unranked)}",
        ),
        _number(peak, cells.of_peak(figure.of_peak, figure.of_peak_at_clock)),
        _number(figure.of_ceiling, cells.share(figure.of_ceiling)),
        f"<td>{cells.shape(m, n, k)} <small>{escape(figure.layout)}</small></td>",
        f'<td class="by">{escape(figure.backend)} {escape(figure.kernel)}',
        f"<br><small>{library}{'' if figure.is_vendor else _own_mark(figure)}</small></td>",
        f"<td>{escape(point.driver or NONE)}</td>",
        _number(figure.watts, cells.watts(figure.watts)),
        _number(figure.clock_hz, cells.clock(figure.clock_hz)),
        f"<td>{escape(figure.grade or NONE)}</td><td>{escape(point.submitter or NONE)}</td>",
        f"<td>{BADGES[point.trust]}</td></tr>",
    )
    return "".join(row)


def _own_mark(figure: Figure) -> Markup:
    """Return the mark of an own kernel's figure, with its share of the vendor's rate where that is known."""
    if figure.of_vendor is None:
        return Markup(", {}").format(TEXTS["own_kernel"])
    return Markup(", {}").format(say("own_kernel_share", share=cells.share(figure.of_vendor)))


def _timelines(points: Sequence[DatedFigure]) -> Iterable[dict[str, Any]]:
    """Yield one chart per dtype, mode and regime in which the vendor's GEMM was measured on several days.

    A chart shows the fastest figure of each Result.
    """
    best: dict[tuple[str, str, str], dict[str, DatedFigure]] = {}
    for point in (point for point in points if point.figure.is_vendor):
        figure = point.figure
        of_result = best.setdefault((figure.dtype, figure.math, figure.regime), {})
        known = of_result.get(point.page)
        if known is None or figure.median > known.figure.median:
            of_result[point.page] = point
    several = [key for key, of_result in best.items() if len({point.created[:10] for point in of_result.values()}) > 1]
    ordered = sorted(several, key=lambda key: (order(key[0]), key))
    for number, (dtype, mode, regime) in enumerate(ordered):
        yield _timeline(f"time-{number}", cells.board(dtype, mode), regime, list(best[dtype, mode, regime].values()))


def _timeline(id: str, dtype: str, regime: str, points: Sequence[DatedFigure]) -> dict[str, Any]:
    """Return the chart of one dtype and regime with its legend; each library, driver and method is a series."""
    series: dict[Markup, list[svg.Dot]] = {}
    for point in points:
        label = Markup(" · ").join(filter(None, (point.figure.library, point.driver))) + cells.older(point.method)
        series.setdefault(label, []).append(_dot(point))
    largest = sorted(series, key=lambda label: (-len(series[label]), label))
    legend: list[tuple[Markup, Markup]] = [(svg.key(i), label) for i, label in enumerate(largest[:SERIES])]
    drawn = [series[label] for label in largest[:SERIES]]
    if others := [dot for label in largest[SERIES:] for dot in series[label]]:
        legend.append((svg.key(SERIES), TEXTS["other_series"]))
        drawn.append(others)
    days = min(point.created for point in points)[:10], max(point.created for point in points)[:10]
    return {
        "id": id,
        "caption": say(f"timeline_{regime}", dtype=dtype),
        "chart": svg.timeline(drawn, days, points[0].figure.unit, id),
        "legend": legend,
    }


def _dot(point: DatedFigure) -> svg.Dot:
    """Return the mark of a figure at its day."""
    figure = point.figure
    return svg.Dot(moment_of(point.created).toordinal(), figure.median, figure.low, figure.high)
