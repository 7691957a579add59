"""Writes the site's data for programs: JSON and CSV of all that the pages show."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from flopsbench.dtype import DTYPES
from flopsbench.registry.entry import Entry
from flopsbench.render.html import cells
from flopsbench.result.types import METHOD_VERSION
from flopsbench.scale.aggregates import Aggregate
from flopsbench.scale.compare import compare, dense_per_s
from flopsbench.scale.standing import Measured
from flopsbench.site.model.boards import Board, BoardRow, Ranking, board_key
from flopsbench.site.model.totals import Best, ranking_key
from flopsbench.site.model.trust import entry_trust
from flopsbench.text import spreadsheet_cell
from flopsbench.words.catalogue import LANGUAGES

Plain = dict[str, Any]

_ENTRY = ("id", "path", "created", "submitter", "superseded_by", "profile", "tool", "method")
_MACHINE = ("slug", "name", "kind", "cores")
_FIGURE = (
    *("layout", "backend", "kernel", "library", "regime", "median", "low", "high", "of_ceiling", "of_peak"),
    *("of_peak_at_clock", "watts", "per_joule", "clock_hz", "grade", "is_vendor", "of_vendor", "unranked"),
)
_BOARD = ("key", "dtype", "math", "unit")
_ROW = (
    *("median", "low", "high", "submitters", "results", "trust", "date", "of_ceiling", "of_peak", "of_peak_at_clock"),
    *("watts", "per_joule", "sustained", "latest", "grade"),
)
_DEVICE = tuple(f"device_{name}" for name in _MACHINE)
RESULT_COLUMNS = (*_ENTRY, "trust", *_DEVICE, "driver", "board", "dtype", "math", "unit", "m", "n", "k", *_FIGURE)
BOARD_COLUMNS = ("board", *_BOARD[1:], "method", "place", *_DEVICE, *_ROW)

_of_entry, _of_machine, _of_figure = attrgetter(*_ENTRY), attrgetter(*_MACHINE), attrgetter(*_FIGURE)
_of_board, _of_row = attrgetter(*_BOARD), attrgetter(*_ROW)


def index_json(entries: Iterable[Entry]) -> bytes:
    """Return JSON with a line per published Result, newest first, with the vendor's fastest ranked bursts in it."""
    newest_first = sorted(entries, key=lambda entry: (entry.created, entry.id), reverse=True)
    lines = b",\n".join(msgspec.json.encode(_indexed(entry)) for entry in newest_first)
    return b'{"results": [\n' + lines + b"\n]}\n"


def _indexed(entry: Entry) -> Plain:
    """Return one Result as the index holds it."""
    rates: dict[str, float] = {}
    for figure in entry.figures:
        if figure.regime == "burst" and figure.is_vendor and not figure.unranked:
            place = f"{figure.device} {board_key(figure.dtype, figure.math)}"
            rates[place] = max(figure.median, rates.get(place, 0.0))
    told = _named(entry, "id") | {"page": f"results/{entry.page}.html"}
    told |= _named(entry, "path", "created", "submitter") | {"trust": entry_trust(entry)}
    told |= _named(entry, "superseded_by", "profile", "tool", "method")
    return told | {"devices": [machine.slug for machine in entry.machines], "rates": rates}


def results_csv(entries: Iterable[Entry]) -> bytes:
    """Return CSV with one line per figure, in the order of the registry's files."""
    return _table(RESULT_COLUMNS, (line for entry in entries for line in _figures(entry)))


def _figures(entry: Entry) -> Iterable[Sequence[Any]]:
    """Yield the lines of one Result, as RESULT_COLUMNS names their values."""
    machines = {machine.slug: machine for machine in entry.machines}
    of_entry = (*_of_entry(entry), entry_trust(entry))
    for figure in entry.figures:
        machine = machines[figure.device]
        board = (board_key(figure.dtype, figure.math), figure.dtype, figure.math, figure.unit)
        yield *of_entry, *_of_machine(machine), machine.driver, *board, *figure.shape, *_of_figure(figure)


def boards_csv(boards: Iterable[Board]) -> bytes:
    """Return CSV with one line per row of every board; places are those among the rows of one method."""
    lines = (
        (*_of_board(board), ranking.method, place, *_of_machine(row.machine), *_of_row(row))
        for board in boards
        for ranking in board.rankings
        for place, row in enumerate(ranking.rows, 1)
    )
    return _table(BOARD_COLUMNS, lines)


def _table(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """Return CSV in UTF-8, with the names of the columns in the first line."""
    text = io.StringIO()
    writer = csv.writer(text)  # RFC 4180, with CRLF
    writer.writerow(columns)
    writer.writerows(map(spreadsheet_cell, line) for line in lines)
    return text.getvalue().encode()


def compare_json(boards: Iterable[Board], rates: Sequence[Best], aggregates: Iterable[Aggregate]) -> bytes:
    """Return what the compare page and the EFLOPS page fetch: every device's rates, and the rules for totals.

    What is compared is a ranking, under the key of its board and its method.
    """
    boards = list(boards)
    rules = _RuleTable()
    document = {
        "boards": {
            ranking_key(board, ranking): _described(board, ranking) for board in boards for ranking in board.rankings
        },
        "machines": _machines(boards, rates),
        "totals": [rules.add(total) for total in aggregates],
        "rules": rules.rules,
        "reasons": rules.reasons,
    }
    return msgspec.json.encode(document) + b"\n"


def _described(board: Board, ranking: Ranking) -> Plain:
    """Return what the pages say about a ranking; ``older`` says whether its method is not the current one."""
    told = {"name": cells.board(board.dtype, board.math), "page": board.key, **_named(board, "dtype", "math", "unit")}
    return told | {"method": ranking.method, "older": ranking.method != METHOD_VERSION}


def _machines(boards: Iterable[Board], rates: Iterable[Best]) -> list[Plain]:
    """Return each device once, with its rates by the keys of the boards."""
    rows = {
        (ranking_key(board, ranking), row.machine.slug): row
        for board in boards
        for ranking in board.rankings
        for row in ranking.rows
    }
    machines: dict[str, Plain] = {}
    for best in rates:
        machine = best.machine
        told = _named(machine, "slug", "name", "kind", "cores") | {"rates": {}}
        known = machines.setdefault(machine.slug, told)
        known["rates"][best.key] = _rates(rows[best.key, machine.slug], best.peak_per_s)
    return list(machines.values())


def _rates(row: BoardRow, peak_per_s: float | None) -> Plain:
    """Return a row of a board as the pages fetch it."""
    told = _named(row, "median", "low", "high", "submitters", "results", "trust", "date")
    told |= {"peak": peak_per_s} if peak_per_s else {}
    return told | _named(row, *("of_peak", "of_peak_at_clock", "of_ceiling", "watts", "per_joule", "sustained"))


class _RuleTable:
    """A _RuleTable collects the rules of comparison as data, each distinct rule and reason once.

    A total has, for each dtype, the numbers of two rules: one for a rate whose peak is known, one for a rate whose peak
    is not.
    """

    def __init__(self) -> None:
        self.rules: list[Plain] = []
        self.reasons: list[list[str]] = []

    def add(self, total: Aggregate) -> Plain:
        """Return a total with its rules by dtype; rules that are new are collected."""
        told = _named(total, "id", "name_en", "name_zh") | {"printed": total.printed()}
        told |= _named(total, "qualifier", "outlook", "basis", "precision")
        rules = {name: [self._rule(total, name, 1.0), self._rule(total, name, None)] for name in DTYPES}
        return told | {"rules": rules}

    def _rule(self, total: Aggregate, dtype_name: str, peak_per_s: float | None) -> int:
        """Return the number of the rule by which a total is compared with a rate of that dtype."""
        dtype = DTYPES[dtype_name]
        comparison = compare(total, Measured(1.0, dtype.unit, dtype, peak_per_s))
        reasons = [_number([reason.text(lang) for lang in LANGUAGES], self.reasons) for reason in comparison.reasons]
        rule: Plain = {"verdict": comparison.fairness, "reasons": reasons}
        if comparison.counts:
            rule |= {
                "per_s": dense_per_s(total, dtype),
                "digits": comparison.counts.digits,
                "at_peak": comparison.counts.at_peak is not None,
                "if_sparse": comparison.counts.if_sparse is not None,
            }
        return _number(rule, self.rules)


def _number(thing: Any, known: list[Any]) -> int:
    """Return the index of a thing in the list, to which it is added where it is new."""
    if thing not in known:
        known.append(thing)
    return known.index(thing)


def _named(thing: object, *names: str) -> Plain:
    """Return the named attributes of a thing, without those that are None."""
    return {name: value for name in names if (value := getattr(thing, name)) is not None}
