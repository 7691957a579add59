"""Renders the pages of the site, the same bytes for the same input.

Templates escape whatever they print; only what this package made itself (words, charts, rows) is taken as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from flopsbench.dtype import DTYPES, order
from flopsbench.registry.entry import Entry, Machine
from flopsbench.render.charts import svg
from flopsbench.render.html import cells
from flopsbench.render.html.cells import NONE
from flopsbench.render.html.result import ResultPage
from flopsbench.render.html.security import POLICY
from flopsbench.result.types import Result
from flopsbench.site.html import eflops
from flopsbench.site.model.boards import Board, BoardRow
from flopsbench.site.model.devices import DatedFigure, DeviceHistory
from flopsbench.site.model.home import Summary
from flopsbench.site.model.totals import Totals
from flopsbench.site.model.trust import LEVELS, entry_trust
from flopsbench.units import general, grouped
from flopsbench.validate.finding import Finding
from flopsbench.words.catalogue import WORDS
from flopsbench.words.pages import TEXTS, both, say

BARS = 20  # most devices on a board's chart; the table has all
AT_ONCE = 200  # rows of a long board that are laid out at once; the others follow when a reader asks for them
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
        self._environment = Environment(
            loader=DictLoader(_templates()),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._environment.filters |= {"grouped": grouped, "general": general}
        self._environment.globals |= {
            "t": SimpleNamespace(**TEXTS),
            "text": TEXTS,
            "say": say,
            "both": both,
            "policy": POLICY,
            "menu": MENU,
            "unknown": NONE,
            "badges": BADGES,
            "kind": kind,
            "name": cells.named,
            "vendor": cells.vendor,
            "dtypes": {name: TEXTS[f"dtype_{name}"] for name in DTYPES},
            "rate": cells.rate,
            "share": cells.share,
            "watts": cells.watts,
            "per_joule": cells.per_joule,
            "of_peak": cells.of_peak,
            "spread": spread,
            "headline": headline,
            "board_name": cells.board,
            "what": what,
            "linked": linked,
        }

    def home(self, summary: Summary) -> str:
        """Return the first page: boards, devices, the newest Results, how to contribute."""
        return self._render("home", summary=summary, board_names=_board_names(summary))

    def board(self, board: Board) -> str:
        """Return a board's page: a chart of its fastest devices, every row, and what others published of that dtype."""
        shown = board.rows[:BARS]
        bars = [svg.Bar(cells.device(row.machine), row.median, row.low, row.high, _peak_of(row)) for row in shown]
        drawn = svg.bars(bars, board.unit, "bars") if bars else ""
        highest = max((row.high for row in board.rows), default=0.0)
        rows = [_board_row(place, row, board.unit, highest) for place, row in enumerate(board.rows, 1)]
        choices = {
            "vendor": _options(cells.vendor(row.machine) for row in board.rows),
            "kind": _options((row.machine.kind for row in board.rows), "kind_"),
            "trust": _options((row.trust for row in board.rows), "trust_"),
        }
        return self._render(
            "board",
            root="../",
            board=board,
            shown=rows[:AT_ONCE],
            rest=rows[AT_ONCE:],
            chart=drawn,
            choices=choices,
        )

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


_WORD = re.compile(r"\{\{ t\.(\w+) \}\}")


def _templates() -> dict[str, str]:
    """Return the templates by name, in which the words for ``{{ t.KEY }}``, equal on all pages, are filled in."""
    folder = files("flopsbench.site.html") / "templates"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    return {name: _WORD.sub(lambda found: TEXTS[found[1]], text) for name, text in texts.items()}


def assets() -> dict[str, bytes]:
    """Return stylesheet, script and icon by file name, for the site's folder ``assets``."""
    folder = files("flopsbench.site.html") / "assets"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir(), key=lambda path: path.name)}


def kind(device_kind: str) -> Markup:
    """Return the words for a kind of device; a kind without words is shown as it is."""
    return TEXTS.get(f"kind_{device_kind}", escape(device_kind))


def what(machine: Machine) -> Markup:
    """Return what a device is as a sentence: "CPU, AMD."."""
    if machine.vendor:
        return say("machine_kind_vendor", kind=kind(machine.kind), vendor=cells.vendor(machine))
    return say("machine_kind", kind=kind(machine.kind))


def headline(entry: Entry) -> str:
    """Return an Entry's fastest floating-point burst, or else its fastest integer one: "bf16 353 GFLOPS"."""
    bursts = [figure for figure in entry.figures if figure.regime == "burst"] or entry.figures
    best = max(bursts, key=lambda figure: (figure.unit == "FLOP/s", figure.median), default=None)
    return f"{best.dtype} {cells.rate(best.median, best.unit)}" if best else NONE


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
        f'<th scope="row" class="date"><a href="../results/{escape(point.page)}.html">{day}</a></th>',
        f"<td>{escape(cells.board(figure.dtype, figure.math))}</td><td>{REGIMES[figure.regime]}</td>",
        _number(
            figure.median,
            f"<strong>{cells.rate(figure.median, figure.unit)}</strong>"
            f"<br><small>{cells.interval(figure.low, figure.high, figure.unit)}</small>",
        ),
        _number(peak, cells.of_peak(figure.of_peak, figure.of_peak_at_clock)),
        _number(figure.of_ceiling, cells.share(figure.of_ceiling)),
        f"<td>{cells.shape(m, n, k)} <small>{escape(figure.layout)}</small></td>",
        f'<td class="by">{escape(figure.backend)} {escape(figure.kernel)}',
        f"<br><small>{library}</small></td>",
        f"<td>{escape(point.driver or NONE)}</td>",
        _number(figure.watts, cells.watts(figure.watts)),
        _number(figure.clock_hz, cells.clock(figure.clock_hz)),
        f"<td>{escape(figure.grade or NONE)}</td><td>{escape(point.submitter or NONE)}</td>",
        f"<td>{BADGES[point.trust]}</td></tr>",
    )
    return "".join(row)


def _timelines(points: Sequence[DatedFigure]) -> Iterable[dict[str, Any]]:
    """Yield one chart per dtype, mode and regime that was measured on several days.

    A chart shows the fastest figure of each Result.
    """
    best: dict[tuple[str, str, str], dict[str, DatedFigure]] = {}
    for point in points:
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
    """Return the chart of one dtype and regime with its legend; each library and driver is a series."""
    series: dict[str, list[svg.Dot]] = {}
    for point in points:
        label = point.figure.library + (f" · {point.driver}" if point.driver else "")
        series.setdefault(label, []).append(_dot(point))
    largest = sorted(series, key=lambda label: (-len(series[label]), label))
    legend: list[tuple[Markup, str | Markup]] = [(svg.key(i), label) for i, label in enumerate(largest[:SERIES])]
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
    return svg.Dot(date.fromisoformat(point.created[:10]).toordinal(), figure.median, figure.low, figure.high)
