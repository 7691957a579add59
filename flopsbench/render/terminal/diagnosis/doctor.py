"""Shows a diagnosis on a terminal: what to change, what cannot be known, what is fine."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.doctor.diagnosis import Diagnosis
from flopsbench.doctor.symptom import Level, Symptom
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said

STYLES: dict[Level, str] = {"noisy": "bold red", "note": "yellow", "unknown": "dim", "fine": "green"}
COMMAND_WIDTH = 70


def diagnosis(found: Diagnosis, lang: str = "en") -> RenderableType:
    """Return symptoms with their remedies, then the others with one line each, then what to do first."""
    return Group(
        *(_full(symptom, lang) for symptom in found.symptoms if symptom.remedy),
        *_brief(found, "unknown", lang),
        *_brief(found, "fine", lang),
        Text(said(found.first, lang), "bold"),
        Text(said(found.next, lang)),
    )


def _full(symptom: Symptom, lang: str) -> RenderableType:
    """Return a symptom with the reason why it matters and its remedy."""
    assert symptom.remedy is not None
    rows = _columns(7)
    title = phrase(lang, "symptom_title", title=said(symptom.title, lang), saw=said(symptom.saw, lang))
    rows.add_row(_level(symptom.level, lang), Text(title, "bold"))
    rows.add_row(phrase(lang, "row_why"), Text(said(symptom.why, lang)))
    if symptom.remedy.command:
        rows.add_row(phrase(lang, "row_do"), Text(shell_lines(symptom.remedy.command), "cyan"))
    rows.add_row(phrase(lang, "row_effect"), Text(said(symptom.remedy.effect, lang)))
    if symptom.remedy.undo:
        rows.add_row(phrase(lang, "row_undo"), Text(shell_lines(said(symptom.remedy.undo, lang))))
    return Group(rows, "")


def _level(level: Level, lang: str) -> Text:
    """Return the word for a level, in its style."""
    return Text(phrase(lang, f"symptom_{level}"), STYLES[level])


def shell_lines(command: str) -> str:
    """Return the command in lines that fit and can be copied as they are: all but the last end in a backslash."""
    lines = textwrap.wrap(command, COMMAND_WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(lines)


def _brief(found: Diagnosis, level: Level, lang: str) -> Iterator[RenderableType]:
    """Yield the symptoms of a level that have no remedy, one line per symptom."""
    chosen = [symptom for symptom in found.symptoms if symptom.level == level and not symptom.remedy]
    titles = [said(symptom.title, lang) for symptom in chosen]
    rows = _columns(max(map(cell_len, titles), default=0))
    for title, symptom in zip(titles, chosen, strict=True):
        rows.add_row(title, Text(said(symptom.saw, lang)))
    if chosen:
        yield from (_level(level, lang), rows, "")


def _columns(width: int) -> Table:
    """Return an empty table of two columns, the first of that width."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=width)
    rows.add_column(overflow="fold")  # Chinese has no blanks to wrap at
    return rows
