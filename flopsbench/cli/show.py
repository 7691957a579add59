"""Implements ``flopsbench show``, which reads Results back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import refuse
from flopsbench.cli.files import STDOUT, check_target, put
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import RESULT_HELP, MarkdownOption
from flopsbench.cli.program import called_as
from flopsbench.errors import DocumentRejected

if TYPE_CHECKING:
    from flopsbench.result.types import Result


def show(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help=RESULT_HELP)],
    markdown: MarkdownOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Show a Result as run --full prints it, or a line for each Result in a folder."""
    markdown = check_target("--markdown", markdown)
    if path.is_dir():
        _show_folder(path, markdown, lang)
    else:
        _show_file(path, markdown, lang)


def _show_file(path: Path, markdown: str | None, lang: str) -> None:
    """Print a Result whole; a file that was changed is named."""
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
    if not _put(markdown, [result]):
        console.print(report(result, lang, called_as()), crop=False)


def _show_folder(folder: Path, markdown: str | None, lang: str) -> None:
    """Print one line per Result, oldest first; a file that is none is named, and the others are shown all the same."""
    from flopsbench.render.terminal.result.machine import summary_line
    from flopsbench.result.files import NO_RESULT, load_folder

    found, rejected = load_folder(folder)
    results = sorted(found, key=lambda result: result.created)
    if not _put(markdown, results):
        for result in results:
            print(f"{result.created[:10]}  {summary_line(result, lang)}")
    refuse(rejected)
    if not results:
        raise DocumentRejected(f"{folder}: {NO_RESULT}")


def _put(markdown: str | None, results: Sequence[Result]) -> bool:
    """Write Results as Markdown where that is asked for; return whether that is printed, and so alone."""
    from flopsbench.render.files.result import results_markdown

    if markdown is not None:
        put("--markdown", markdown, results_markdown(results).encode())
    return markdown == STDOUT
