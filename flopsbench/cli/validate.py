"""``flopsbench validate``: whether Results may be published, by every check there is."""

from __future__ import annotations

import gc
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.pipe import reader_may_leave
from flopsbench.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopsbench.registry.validate import Checked
    from flopsbench.render.terminal.findings import Tally

# Objects between two collections: a document of thousands holds no cycle, and looking for one takes time.
RARELY = 100_000
FORMATS = ("text", "json", "github", "junit")


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Results, or folders of them.")],
    changed: Annotated[
        str | None, typer.Option(metavar="REV", help="Check what changed since that commit, and refuse edits.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json, github or junit.")] = "text",
) -> None:
    """Check Results for a registry: integrity, physics, privacy and more."""
    from flopsbench.registry.validate import validate as check
    from flopsbench.render.terminal.findings import Tally

    if form not in FORMATS:
        raise UsageError(f"--format {form!r}: there are {', '.join(FORMATS)}")
    gc.freeze()
    gc.set_threshold(RARELY)
    tally = Tally()
    checked = tally.counted(check(paths, changed=changed))
    with reader_may_leave():  # and still be told by the exit code
        _print(checked, tally, form)
    deque(checked, maxlen=0)
    if tally.rejected:
        raise typer.Exit(ExitCode.REJECTED)


def _print(checked: Iterable[Checked], tally: Tally, form: str) -> None:
    """Show the findings; what fits no line of the format goes to standard error."""
    from flopsbench.render.terminal import findings

    if form == "text":
        _print_text(checked, tally)
    elif form == "github":
        for line in findings.workflow_commands(checked):
            print(line)
        print(tally.sentence())
    else:
        document = findings.junit(checked) if form == "junit" else findings.as_json(checked, tally)
        sys.stdout.buffer.write(document)
        print(f"flopsbench: {tally.sentence()}", file=sys.stderr)


def _print_text(checked: Iterable[Checked], tally: Tally) -> None:
    from rich.console import Console

    from flopsbench.cli.output import no_commands
    from flopsbench.render.terminal.findings import report

    console = Console(highlight=False)
    with no_commands():
        for part in report(checked):
            console.print(part)
    console.print(tally.sentence(), markup=False)
