"""Implements ``flopsbench validate``, which says by every check there is whether Results may be published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.completion import one_of
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import RESULTS_HELP
from flopsbench.cli.streams import write_bytes
from flopsbench.errors import ExitCode, UsageError
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopsbench.registry.validate import Checked
    from flopsbench.render.terminal.findings import Tally

FORMATS = ("text", "json", "github", "junit")


def validate_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help=RESULTS_HELP)],
    changed: Annotated[
        str | None, typer.Option(metavar="REV", help="Check what changed since that commit, and refuse edits.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            autocompletion=one_of(lambda: FORMATS),
            help="text, json, github or junit.",
        ),
    ] = "text",
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Check Results for a registry: integrity, physics, privacy and more."""
    from flopsbench.registry.validate import validate
    from flopsbench.render.terminal.findings import Tally

    if form not in FORMATS:
        raise UsageError(Reason("format_unknown", form=repr(form), known=", ".join(FORMATS)))
    tally = Tally()
    checked = tally.counted(validate(paths, changed=changed))
    _print(checked, tally, form, lang)
    if tally.rejected:
        raise typer.Exit(ExitCode.REJECTED)


def _print(checked: Iterable[Checked], tally: Tally, form: str, lang: str) -> None:
    """Print the findings; the sum, which has no place in a JSON or XML document, goes to standard error then."""
    from flopsbench.render.files import findings

    if form == "text":
        _print_text(checked, tally, lang)
    elif form == "github":
        for line in findings.findings_as_annotations(checked):
            print(line)
        print(tally.sentence(lang))
    else:
        junit = form == "junit"
        document = findings.findings_as_junit(checked) if junit else findings.findings_as_json(checked, tally)
        write_bytes(document)
        complain(tally.sentence(lang))


def _print_text(checked: Iterable[Checked], tally: Tally, lang: str) -> None:
    """Print the findings for a person, and the sum."""
    from rich.console import Console

    from flopsbench.cli.output import no_commands
    from flopsbench.render.terminal.findings import report

    console = Console(highlight=False)
    with no_commands():
        for part in report(checked, lang):
            console.print(part)
    console.print(tally.sentence(lang), markup=False)
