"""Tests the help of every command in 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from flopsbench.cli import app
from flopsbench.cli.help import Application


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command and group there is."""
    yield path
    command = command or get_command(app)
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


def shown(application: typer.Typer, *words: str) -> str:
    """The help of a command."""
    done = CliRunner().invoke(application, [*words, "--help"], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"})
    assert done.exit_code == 0
    return done.stdout


# What no help may hold, and an example of each.
WRONG = {
    "a type of Python": (r"<[\w\s\[\]]+>", "│ --full         <bool>  Print all │"),
    "what is required in braces": (r"\{", " Usage: flopsbench compare [OPTIONS] {BASE} {NEW} "),
    "dots twice": (r"\.\.\.\.", " Usage: flopsbench track add [OPTIONS] RESULT..... "),
    "an option broken at the end of a line": (r"-\s*│?$", "│ Files of flopsbench run --  │"),
    "a range in the place of a name": (r"\d<=x<=\d{7}", "│ --seed  N [0<=x<=4611686018427387904] │"),
}


def wrong(told: str) -> list[str]:
    """What is wrong with a help."""
    return [what for what, (pattern, _) in WRONG.items() if re.search(pattern, told, re.M)]


def broken(told: str) -> list[str]:
    """The lines of paragraphs that end though the next word would have had room."""
    pairs = pairwise(line.rstrip() for line in told.splitlines() if "│" not in line)
    return [line for line, after in pairs if line and after and len(f"{line} {after.split()[0]}") < 80]


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_the_help_of_a_command_can_be_read(path: tuple[str, ...]) -> None:
    told = shown(app, *path)
    assert wrong(told) == []
    assert broken(told) == []
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_seen(what: str) -> None:
    assert wrong(WRONG[what][1]) == [what]


def test_a_broken_paragraph_is_seen() -> None:
    assert broken(" Exit 3: a regression, a          \n failed proof.  ") == [" Exit 3: a regression, a"]


def test_paragraphs_are_broken_by_the_terminal_alone() -> None:
    application = Application(help="Things.")

    @application.command("one")
    def one() -> None:
        """Do it.

        This is the second
        paragraph of it.
        """

    @application.command("two")
    def two() -> None:
        """Do the other."""

    assert " This is the second paragraph of it. " in shown(application, "one")
