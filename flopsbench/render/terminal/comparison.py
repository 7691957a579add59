"""Prints a Comparison on a terminal: table, reasons, what else differs, what could have been caught, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import get_args

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flopsbench import units
from flopsbench.result.keys import case_title
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import FAILURES, Verdict
from flopsbench.units import format_rate

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
DOUBTS: tuple[Verdict, ...] = ("suspected", "inconclusive")


def report(comparison: Comparison) -> RenderableType:
    """Return everything that ``ab``, ``compare`` and ``track check`` print about one Comparison."""
    parts: list[RenderableType] = [Text(f"base: {comparison.base}"), Text(f"new:  {comparison.new}")]
    if comparison.changes:
        parts += ["", table(comparison.changes)]
    for title, lines in sections(comparison):
        parts += ["", Text(title, "bold"), *(Padding.indent(Text(line), 2) for line in lines)]
    parts += ["", *(Text(line) for line in caught(comparison.changes)), Text(sentence(comparison), "bold")]
    return Group(*parts)


def sections(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Yield what a reader needs beside the table, each part with its heading; nothing for what is empty."""
    for title, lines in (
        ("Why", list(reasons(comparison))),
        ("What else is different", comparison.differences),
        ("Notes", [*comparison.notes, *(["interrupted: the rest was not compared"] if comparison.interrupted else [])]),
    ):
        if lines:
            yield title, lines


def table(changes: Iterable[Change]) -> Table:
    """Return a table of one row per case: both rates, the relative change with its interval, the verdict."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("case", max_width=26)
    for heading in ("base", "new", "change"):
        rows.add_column(heading, justify="right", no_wrap=True)
    rows.add_column("verdict", no_wrap=True)
    for change in changes:
        lines = "\n".join(filter(None, (estimate(change), interval(change)))) or "-"
        cells = (rate(change, change.base_per_s), rate(change, change.new_per_s), lines)
        rows.add_row(Text(case_title(change.case)), *map(Text, cells), Text(change.verdict, _style(change.verdict)))
    return rows


def _style(verdict: Verdict) -> str:
    """Return the style that a verdict is printed in."""
    if verdict in FAILURES:
        return "bold red"
    return "yellow" if verdict in DOUBTS else "green" if verdict == "improvement" else ""


def rate(change: Change, per_s: float | None) -> str:
    """Return a rate in the case's unit to 4 digits, so that a change of 0.1 % shows; or a dash."""
    return "-" if per_s is None else format_rate(per_s, change.unit, 4)


def estimate(change: Change) -> str:
    """Return the change in per cent, or nothing where there is none."""
    return "" if change.estimate is None else percent(change.estimate)


def interval(change: Change) -> str:
    """Return the interval of the change in per cent, or nothing where there is none."""
    if change.low is None or change.high is None:
        return ""
    return f"{_signed(change.low)} to {percent(change.high)}"


def moved(change: Change) -> str:
    """Return the change with its interval in one line, "-3.1 % (-3.6 to -2.5 %)"; nothing where there is none."""
    spread = interval(change)
    return estimate(change) + (f" ({spread})" if spread else "")


def percent(share: float) -> str:
    """Return a share in per cent with its sign: -0.031 is "-3.1 %"."""
    return units.signed_percent(share, 1)


def _signed(share: float) -> str:
    """Return the number of per cent with its sign."""
    return units.signed_fixed(100 * share, 1)


def reasons(comparison: Comparison) -> Iterator[str]:
    """Yield what is to be known about single cases; one line for cases that share it."""
    told: dict[str, list[str]] = {}
    for change in comparison.changes:
        for line in _about(comparison, change):
            told.setdefault(line, []).append(case_title(change.case))
    for line, names in told.items():
        yield f"{'; '.join(dict.fromkeys(names))}: {line}"


def _about(comparison: Comparison, change: Change) -> Iterator[str]:
    """Yield what is to be known about one case."""
    if change.reason:
        yield change.reason
    for line in change.differences:
        if line not in comparison.differences:
            yield line
    if comparison.command == "track check" and change.id and change.verdict == "regression":
        yield how_to_accept(change.id)


def how_to_accept(change: str) -> str:
    """Return how to accept a change, by its id."""
    return f"if it is meant, accept it: flopsbench track ack {change} --reason WHY"


def caught(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the smallest slowdown that each case's comparison could have called; one line for cases of equal ones."""
    known = [(units.percent(change.detectable, 1), change) for change in changes if change.detectable is not None]
    known.sort(key=lambda pair: pair[1].detectable or 0)
    groups = [(least, [change for _, change in group]) for least, group in groupby(known, key=lambda pair: pair[0])]
    for least, group in groups:
        where = "" if len(groups) == 1 else f" in {'; '.join(case_title(change.case) for change in group)}"
        yield f"could have caught: a slowdown of {least} or more{where}"


def sentence(comparison: Comparison) -> str:
    """Return the whole in one line, the worst first: "1 regression, 2 unchanged (margin 2 %)"."""
    found = Counter(change.verdict for change in comparison.changes)
    counts = ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict])
    return f"{counts or 'nothing was compared'} (margin {units.percent(comparison.margin)})"
