"""Prints a report as Markdown: what became of each guess, and of what is left the reason why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.gpu.acceptance.report.guesses import GUESSES, Guess
from tests.gpu.acceptance.report.journal import Begun, Finding, Line, Over, Stepped, Verdict, lines

ORDER: tuple[Verdict, ...] = ("instead", "not reached", "confirmed")


def summary(path: Path) -> str:
    """A report, its surprises first."""
    every = list(lines(path))
    parts = [line for line in every if isinstance(line, Begun)]
    asked = [guess for part in dict.fromkeys(line.part for line in parts) for guess in GUESSES[part]]
    rows = [row for guess in asked for row in rows_of(guess, every)]
    counts = ", ".join(f"{sum(row[0] == verdict for row in rows)} {verdict}" for verdict in ORDER)
    told = [f"# What a GPU says of {len(asked)} guesses: {counts}", "", *map(_about, parts)]
    for verdict in ORDER:
        if chosen := [row[1:] for row in rows if row[0] == verdict]:
            told += _table(verdict.capitalize(), ("guess", "of", "expected", "seen"), chosen)
    told += _table("Steps", ("step", "ended", "seconds", "why"), _steps(every))
    return "\n".join(told) + "\n"


def rows_of(guess: Guess, every: Sequence[Line]) -> Iterator[tuple[str, str, str, str, str]]:
    """What became of one guess: its last finding of each subject, or why there is none."""
    found = {line.subject: line for line in every if isinstance(line, Finding) and line.guess == guess.name}
    for finding in found.values():
        yield finding.verdict, guess.name, finding.subject, guess.expected, finding.seen
    if not found:
        yield "not reached", guess.name, "", guess.expected, why_not(guess, every)


def why_not(guess: Guess, every: Sequence[Line]) -> str:
    """Why nothing was found of a guess: how its steps ended, or that the part ended before them."""
    steps = [line for line in every if isinstance(line, Stepped) and line.step.split()[0] == guess.step]
    told = [f"{line.step} {line.ending}" + (f": {line.reason}" if line.reason else "") for line in steps]
    return "; ".join(told) or "its part was ended before it"


def _about(line: Begun) -> str:
    """When a part began, and with what."""
    versions = ", ".join(f"{name} {version}" for name, version in line.versions.items())
    return f"- {line.part}, {line.at}{', rehearsed on fakes' if line.rehearsed else ''}: {versions}"


def _steps(every: Sequence[Line]) -> Iterator[Sequence[str]]:
    """How each step ended, and each part."""
    for line in every:
        if isinstance(line, Stepped):
            yield line.step, line.ending, f"{line.seconds:g}", line.reason
        elif isinstance(line, Over):
            yield f"**{line.part}**", "over", f"{line.seconds:g}", ""


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table below its title."""
    return ["", f"## {title}", "", _row(heads), "|---" * len(heads) + "|", *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
