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
from flopsbench.render.terminal.paragraph import NO_BREAK, Paragraph
from flopsbench.result.keys import case_title
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import FAILURES, Verdict
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said
from flopsbench.words.reason import Reason, joined

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
DOUBTS: tuple[Verdict, ...] = ("suspected", "inconclusive")


def report(comparison: Comparison, lang: str = "en") -> RenderableType:
    """Return everything that ``ab``, ``compare`` and ``track check`` print about one Comparison."""
    sides = (("comparison_base", comparison.base), ("comparison_new", comparison.new))
    parts: list[RenderableType] = [Paragraph(phrase(lang, key, side=said(side, lang))) for key, side in sides]
    if comparison.changes:
        parts += ["", table(comparison.changes, lang)]
    for title, lines in sections(comparison, lang):
        shown = [Paragraph(_with_whole_names(line, comparison.changes)) for line in lines]
        parts += ["", Text(title, "bold"), *(Padding.indent(line, 2) for line in shown)]
    told = [Paragraph(_with_whole_names(line, comparison.changes)) for line in caught(comparison.changes, lang)]
    parts += ["", *told, Paragraph(sentence(comparison, lang), "bold")]
    return Group(*parts)


def _with_whole_names(line: str, changes: Iterable[Change]) -> str:
    """Return a line in which no name of a case is broken."""
    for name in {case_title(change.case) for change in changes}:
        line = line.replace(name, name.replace(" ", NO_BREAK))
    return line


def sections(comparison: Comparison, lang: str = "en") -> Iterator[tuple[str, list[str]]]:
    """Yield what a reader needs beside the table, each part with its heading; nothing for what is empty."""
    interrupted = [phrase(lang, "rest_not_compared")] if comparison.interrupted else []
    for key, lines in (
        ("why_heading", list(reasons(comparison, lang))),
        ("differences_heading", [said(line, lang) for line in comparison.differences]),
        ("notes_heading", [*(said(note, lang) for note in comparison.notes), *interrupted]),
    ):
        if lines:
            yield phrase(lang, key), lines


def table(changes: Iterable[Change], lang: str = "en") -> Table:
    """Return a table of one row per case: both rates, the relative change with its interval, the verdict."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column(phrase(lang, "column_case"), max_width=26, overflow="fold")
    for key in ("column_base", "column_new", "column_change"):
        rows.add_column(phrase(lang, key), justify="right", no_wrap=True)
    rows.add_column(phrase(lang, "column_verdict"), no_wrap=True)
    for change in changes:
        lines = "\n".join(filter(None, (estimate(change), interval(change, lang)))) or "-"
        cells = (rate(change, change.base_per_s), rate(change, change.new_per_s), lines)
        verdict = Text(word(change.verdict, lang), _style(change.verdict))
        rows.add_row(Text(case_title(change.case)), *map(Text, cells), verdict)
    return rows


def word(verdict: Verdict, lang: str) -> str:
    """Return the word for a verdict in a language."""
    return phrase(lang, f"verdict_{verdict.replace(' ', '_')}")


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


def interval(change: Change, lang: str = "en") -> str:
    """Return the interval of the change in per cent, or nothing where there is none."""
    if change.low is None or change.high is None:
        return ""
    return phrase(lang, "interval_words", low=_signed(change.low), high=percent(change.high))


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


def reasons(comparison: Comparison, lang: str = "en") -> Iterator[str]:
    """Yield what is to be known about single cases; one line for cases that share it."""
    told: dict[str, list[str]] = {}
    for change in comparison.changes:
        for line in _about(comparison, change):
            told.setdefault(said(line, lang), []).append(case_title(change.case))
    for line, names in told.items():
        yield phrase(lang, "about_cases", cases="; ".join(dict.fromkeys(names)), line=line)


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
    return Reason("how_to_accept", change=change)


def caught(changes: Iterable[Change], lang: str = "en") -> Iterator[str]:
    """Yield the smallest slowdown that each case's comparison could have called; one line for cases of equal ones."""
    known = [(units.percent(change.detectable, 1), change) for change in changes if change.detectable is not None]
    known.sort(key=lambda pair: pair[1].detectable or 0)
    groups = [(least, [change for _, change in group]) for least, group in groupby(known, key=lambda pair: pair[0])]
    for least, group in groups:
        if len(groups) == 1:
            yield phrase(lang, "could_have_caught", least=least)
        else:
            cases = "; ".join(case_title(change.case) for change in group)
            yield phrase(lang, "could_have_caught_in", least=least, cases=cases)


def sentence(comparison: Comparison, lang: str = "en") -> str:
    """Return the whole in one line, the worst first: "1 regression, 2 unchanged (margin 2 %)"."""
    found = Counter(change.verdict for change in comparison.changes)
    counts = [
        Reason("counted_verdict", count=found[verdict], verdict=word(verdict, lang))
        for verdict in VERDICTS
        if found[verdict]
    ]
    verdicts = joined(counts, "names_joined") or Reason("nothing_compared")
    return Reason("verdicts_with_margin", verdicts=verdicts, margin=units.percent(comparison.margin)).text(lang)
