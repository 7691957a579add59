"""Implements ``flopsbench show``, which reads Results back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from flopsbench.cli.complaint import refuse
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import RESULT_HELP
from flopsbench.cli.program import called_as
from flopsbench.errors import DocumentRejected


def show(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help=RESULT_HELP)],
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Show a Result as run --full prints it, or a line for each Result in a folder."""
    if path.is_dir():
        _show_folder(path, lang)
    else:
        _show_file(path, lang)


def _show_file(path: Path, lang: str) -> None:
    from rich.console import Console

    from flopsbench.render.terminal.result.whole import report
    from flopsbench.result.codec import decode, identity
    from flopsbench.result.files import named, read_bytes

    with named(path):
        document = read_bytes(path)  # once: it may be a pipe
        result = decode(document)
    console = Console(highlight=False)
    if identity(document, result.id) != result.id:
        print(
            "flopsbench: the id does not belong to these bytes: the file was changed after it was written",
            file=sys.stderr,
        )
    console.print(report(result, lang, called_as()), crop=False)


def _show_folder(folder: Path, lang: str) -> None:
    """Print one line per Result, oldest first; a file that is none is named, and the others are shown all the same."""
    from flopsbench.render.terminal.result.machine import summary_line
    from flopsbench.result.files import NO_RESULT, load_folder

    results, rejected = load_folder(folder)
    for result in sorted(results, key=lambda result: result.created):
        print(f"{result.created[:10]}  {summary_line(result, lang)}")
    refuse(rejected)
    if not results:
        raise DocumentRejected(f"{folder}: {NO_RESULT}")
