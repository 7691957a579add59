"""Tells what goes wrong on standard error, under the program's name, in the language that was chosen."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from flopsbench.cli.language import language
from flopsbench.errors import ExitCode
from flopsbench.text import printable, without_commands


def complain(sentence: object) -> None:
    """Print a sentence, or that of an error, on standard error.

    Nothing that a file or its name holds is a command to the terminal, or to GitHub.
    """
    from flopsbench.words.language import said

    told = "\n".join(map(printable, f"flopsbench: {said(sentence, language())}".splitlines()))
    print(without_commands(told), file=sys.stderr)


def refuse(complaints: Sequence[str]) -> None:
    """End with the exit code for rejected documents, complaining of each; do nothing where there is none."""
    for complaint in complaints:
        complain(complaint)
    if complaints:
        raise typer.Exit(ExitCode.REJECTED)
