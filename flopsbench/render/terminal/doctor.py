"""Shows a diagnosis on a terminal: what to change, what cannot be known, what is fine."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.doctor.diagnosis import Diagnosis
from flopsbench.doctor.symptom import Level, Symptom

STYLES: dict[Level, str] = {"noisy": "bold red", "note": "yellow", "unknown": "dim", "fine": "green"}
COMMAND_WIDTH = 70


def diagnosis(found: Diagnosis) -> RenderableType:
    """Return symptoms with their remedies, then the others with one line each, then what to do first."""
    return Group(
        *(_full(symptom) for symptom in found.symptoms if symptom.remedy),
        *_brief(found, "unknown"),
        *_brief(found, "fine"),
        Text(found.first, "bold"),
        Text(found.next),
    )


def _full(symptom: Symptom) -> RenderableType:
    """Return a symptom with the reason why it matters and its remedy."""
    assert symptom.remedy is not None
    rows = _columns(7)
    rows.add_row(Text(symptom.level.upper(), STYLES[symptom.level]), Text(f"{symptom.title}: {symptom.saw}", "bold"))
    rows.add_row("why", Text(symptom.why))
    if symptom.remedy.command:
        rows.add_row("do", Text(shell_lines(symptom.remedy.command), "cyan"))
    rows.add_row("effect", Text(symptom.remedy.effect))
    if symptom.remedy.undo:
        rows.add_row("undo", Text(shell_lines(symptom.remedy.undo)))
    return Group(rows, "")


def shell_lines(command: str) -> str:
    """Return the command in lines that fit and can be copied as they are: all but the last end in a backslash."""
    lines = textwrap.wrap(command, COMMAND_WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(lines)


def _brief(found: Diagnosis, level: Level) -> Iterator[RenderableType]:
    """Yield the symptoms of a level that have no remedy, one line per symptom."""
    chosen = [symptom for symptom in found.symptoms if symptom.level == level and not symptom.remedy]
    rows = _columns(max((len(symptom.title) for symptom in chosen), default=0))
    for symptom in chosen:
        rows.add_row(symptom.title, Text(symptom.saw))
    if chosen:
        yield from (Text(level.upper(), STYLES[level]), rows, "")


def _columns(width: int) -> Table:
    """Return an empty table of two columns, the first of that width."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=width)
    rows.add_column()
    return rows
