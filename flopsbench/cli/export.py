"""Defines ``flopsbench export``: it writes Results in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.completion import export_formats, one_of
from flopsbench.cli.files import STDOUT, check_target, put
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import RESULTS_HELP
from flopsbench.errors import ExitCode


def export(
    paths: Annotated[list[Path], typer.Argument(metavar="RESULT", help=RESULTS_HELP)],
    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            autocompletion=one_of(export_formats),
            help="github-action-benchmark, csv or pytest-benchmark.",
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|-", help="Write there, not to standard output.")
    ] = STDOUT,
    lang: LanguageOption = DEFAULT_LANGUAGE,  # noqa: ARG001 - its callback sets the language of all that is told
) -> None:
    """Write Results for github-action-benchmark, a spreadsheet, or pytest-benchmark.

    A case that failed or was skipped is told on standard error, and ends this with exit code 3. Unsupported ones are
    no loss: they could not be measured here. Both are rows of CSV, with their reasons.
    """
    from flopsbench.track.compare import read_results
    from flopsbench.track.export import export as as_text
    from flopsbench.track.export import without_rate

    check_target("--output", output, folders=True)
    read_paths = [read_results(path) for path in paths]
    results = [result for found, _ in read_paths for result in found]
    put("--output", output, as_text(results, format).encode())
    lost = list(without_rate(results))
    for told in lost:
        complain(told)
    rejected = [complaint for _, complaints in read_paths for complaint in complaints]
    for complaint in rejected:
        complain(complaint)
    if lost or rejected:
        raise typer.Exit(ExitCode.FAILED if lost else ExitCode.REJECTED)
