"""Tests the help of every command in 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


WRONG = {
    "a type of Python": r"<[\w\s\[\]]+>",
    "what is required in braces": r"\{",
    "dots twice": r"\.\.\.\.",
    "an option broken at the end of a line": r"-\s*│?$",
    "a range in the place of a name": r"\d<=x<=\d{7}",
}


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_the_help_of_a_command_can_be_read(path: tuple[str, ...]) -> None:
    told = shown(app, *path)
    assert [what for what, pattern in WRONG.items() if re.search(pattern, told, re.M)] == []
    assert max(map(len, told.splitlines())) <= 80


def test_a_plain_command_of_typer_has_what_is_wrong() -> None:
    """Whoever takes Application away is told."""
    plain = typer.Typer()

    @plain.command()
    def one(names: list[str], much: bool = False) -> None:
        """Do it.

        In a second
        paragraph.
        """

    told = shown(plain)
    assert "{" in told or "<" in told or "second\n" in told.replace(" \n", "\n")


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
