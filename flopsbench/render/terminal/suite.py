"""Prints the measured tests of a pytest session, for 80 columns: a table, then a sentence for each thing to know."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from flopsbench.track.comparison import Change
from flopsbench.track.suite.gate import interval, least_called, percent, with_spread
from flopsbench.track.suite.session import Suite, SuiteRow
from flopsbench.track.verdicts import Verdict
from flopsbench.units import format_rate

WIDTH = 79  # a full line of 80 wraps on some terminals
NAME_WIDTH = 21
WORDS: dict[Verdict, str] = {"new": "not in base"}
# The reasons of these are printed: of the others the table says all, and a failure is told by the test itself.
TOLD: tuple[Verdict, ...] = ("regression", "inconclusive", "new")
Colour = Literal["red", "yellow", "green", ""]
COLOURS: dict[Verdict, Colour] = {
    "regression": "red",
    "improvement": "green",
    "inconclusive": "yellow",
    "new": "yellow",
}
WITHOUT_CEILING = (
    "Where no ceiling was measured, a machine that is slower today looks like a slower test; on a CPU, "
    'flops(..., dtype="fp32") measures the ceiling beside the test.'
)


class Line(NamedTuple):
    """A Line is one line of text and its colour, "" for none."""

    text: str
    colour: Colour = ""


def report(suite: Suite, closing: Sequence[Line] = ()) -> Iterator[Line]:
    """Yield the table, the reasons, the tests that gave no rate, and the closing remarks."""
    if suite.rows:
        yield from _table(suite)
    for text, colour in (*_remarks(suite), *closing):
        for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False):
            yield Line(line, colour)


def _table(suite: Suite) -> Iterator[Line]:
    """Yield the head of the table, then a line for each file and the rows of its tests."""
    compared = suite.gate is not None
    yield Line(_columns("test", "rate", "95 % of blocks", "ceiling", *(("change", "verdict") if compared else ())))
    for file, rows in groupby(suite.rows.values(), key=lambda row: row.test.partition("::")[0]):
        yield Line(file)
        for row in rows:
            yield from _row(row)


def _row(row: SuiteRow) -> Iterator[Line]:
    """Yield a line for a test, two where its name is long."""
    timing, change = row.timing, row.change
    share = percent(timing.of_ceiling.median) if timing.of_ceiling else "-"
    cells = [format_rate(timing.rate.estimate, timing.unit), interval(timing.rate), share]
    colour: Colour = ""
    if change:
        cells += [_signed(change.estimate), WORDS.get(change.verdict, change.verdict)]
        colour = COLOURS.get(change.verdict, "")
    name = "  " + row.test.partition("::")[2]
    if len(name) > NAME_WIDTH:
        yield Line(name, colour)
        name = ""
    yield Line(_columns(name, *cells), colour)


def unsure(suite: Suite) -> Iterator[Line]:
    """Yield why tests that passed are not kept in a baseline."""
    for test, timing in suite.unsure().items():
        least = percent(least_called(timing))
        rate = with_spread(timing.rate, timing.unit)
        yield Line(f"{test}: not kept: {rate} is so unsure that only {least} slower could be called", "yellow")


def _signed(share: float | None) -> str:
    """Return a change in per cent with its sign; a dash where there is none."""
    return "-" if share is None else f"{'-' if share < 0 else '+'}{percent(abs(share))}"


def _columns(name: str, rate: str, spread: str, ceiling: str, change: str = "", verdict: str = "") -> str:
    """Return the cells of a row, padded to their columns."""
    return f"{name:<{NAME_WIDTH}} {rate:>11}  {spread:>14} {ceiling:>7} {change:>7}  {verdict}".rstrip()


def _remarks(suite: Suite) -> Iterator[Line]:
    """Yield what is to be known about single tests, then about the baseline."""
    for row in suite.rows.values():
        if row.change and row.change.verdict in TOLD and not _failed(suite, row.change):
            yield Line(f"{row.test}: {row.change.verdict}: {row.change.reason}", COLOURS[row.change.verdict])
        if row.note:
            yield Line(f"{row.test}: {row.note}", "yellow")
    if suite.gate:
        yield from _about_baseline(suite)


def _failed(suite: Suite, change: Change) -> bool:
    """Return whether the test failed for this change, and so has told its reason already."""
    return suite.gate is not None and suite.gate.fails(change)


def _about_baseline(suite: Suite) -> Iterator[Line]:
    """Yield the tests of the baseline that gave no rate, and what the comparison with it cannot know."""
    gate = suite.gate
    assert gate is not None
    colour: Colour = "red" if suite.fails else "yellow"
    for absent in suite.absent:
        yield Line(f"{absent.test}: missing: in {gate.file}, but {absent.reason}", colour)
    if suite.fails:
        yield Line(f"The session fails: tests of {gate.file} gave no rate (--flops-fail-on missing).", colour)
    if suite.not_selected:
        yield Line(f"{suite.not_selected} more of {gate.file} were not selected in this session.")
    if any(row.change and row.change.estimate is not None and not row.timing.of_ceiling for row in suite.rows.values()):
        yield Line(WITHOUT_CEILING)
