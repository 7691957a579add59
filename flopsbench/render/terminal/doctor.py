"""A diagnosis on a terminal: what to change, what cannot be known, what is fine."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.doctor.diagnosis import Diagnosis
from flopsbench.doctor.symptom import Symptom

STYLES = {"noisy": "bold red", "note": "yellow", "unknown": "dim", "fine": "green"}
COMMAND_WIDTH = 70


def diagnosis(found: Diagnosis) -> RenderableType:
    """Findings with their remedies, the others in a line each, then what to do first."""
    return Group(
        *(_full(finding) for finding in found.symptoms if finding.remedy),
        *_brief(found, "unknown"),
        *_brief(found, "fine"),
        Text(found.first, "bold"),
        Text(found.next),
    )


def _full(finding: Symptom) -> RenderableType:
    assert finding.remedy is not None
    rows = _columns(7)
    rows.add_row(Text(finding.level.upper(), STYLES[finding.level]), Text(f"{finding.title}: {finding.saw}", "bold"))
    rows.add_row("why", Text(finding.why))
    if finding.remedy.command:
        rows.add_row("do", Text(shell_lines(finding.remedy.command), "cyan"))
    rows.add_row("effect", Text(finding.remedy.effect))
    if finding.remedy.undo:
        rows.add_row("undo", Text(shell_lines(finding.remedy.undo)))
    return Group(rows, "")


def shell_lines(command: str) -> str:
    """The command in lines that fit, to be copied as they are: each but the last ends in a backslash."""
    lines = textwrap.wrap(command, COMMAND_WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(lines)


def _brief(found: Diagnosis, level: str) -> Iterator[RenderableType]:
    """Those without a remedy, in a line each."""
    chosen = [finding for finding in found.symptoms if finding.level == level and not finding.remedy]
    rows = _columns(max((len(finding.title) for finding in chosen), default=0))
    for finding in chosen:
        rows.add_row(finding.title, Text(finding.saw))
    if chosen:
        yield from (Text(level.upper(), STYLES[level]), rows, "")


def _columns(width: int) -> Table:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=width)
    rows.add_column()
    return rows
