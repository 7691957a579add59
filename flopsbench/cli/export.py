"""Defines ``flopsbench export``: it writes Results in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flopsbench.cli.complaint import refuse
from flopsbench.cli.completion import export_formats, one_of
from flopsbench.cli.files import STDOUT, check_target, put
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import RESULTS_HELP


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
    """Write Results for github-action-benchmark, a spreadsheet, or pytest-benchmark."""
    from flopsbench.track.compare import read_results
    from flopsbench.track.export import export as as_text

    check_target("--output", output, folders=True)
    read_paths = [read_results(path) for path in paths]
    text = as_text([result for results, _ in read_paths for result in results], format)
    put("--output", output, text.encode())
    refuse([complaint for _, complaints in read_paths for complaint in complaints])
