"""Tells what goes wrong on standard error, under the program's name."""

from __future__ import annotations

import sys

from flopsbench.text import printable, without_commands


def complain(sentence: object) -> None:
    """Print a sentence on standard error.

    Nothing that a file or its name holds is a command to the terminal, or to GitHub.
    """
    told = "\n".join(map(printable, f"flopsbench: {sentence}".splitlines()))
    print(without_commands(told), file=sys.stderr)
