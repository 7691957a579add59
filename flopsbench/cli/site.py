"""Implements ``flopsbench site``, which builds the shared registry as pages and shows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.help import Application
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.publishing import publishing
from flopsbench.errors import ExitCode
from flopsbench.text import printable
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.site.build.build import BuildReport

app = Application(help="The shared registry as pages: build them, look at them.")

DEFAULT_REGISTRY = Path("results")

JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes; as many as there are usable CPUs by default."),
]


@app.command("build")
def build_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="A new folder, an empty one, or one with such a site.")
    ],
    registry: Annotated[Path, typer.Argument(metavar="RESULTS", help="The registry's folder.")] = DEFAULT_REGISTRY,
    jobs: JobsOption = None,
    allow_refused: Annotated[
        bool, typer.Option("--allow-refused", help="Exit 0 although files were refused; the first page names them.")
    ] = False,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Build the static site; files that are refused are named, and the rest is built all the same (exit code 6)."""
    report = _build(registry, output, jobs)
    results = phrase(lang, "one_result") if report.results == 1 else phrase(lang, "some_results", count=report.results)
    print(phrase(lang, "site_built_of", place=str(output), files=report.files, results=results, fresh=report.fresh))
    if report.refused and not allow_refused:
        raise typer.Exit(ExitCode.REJECTED)


@app.command("serve")
def serve_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A site, or a registry's folder.")] = DEFAULT_REGISTRY,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    jobs: JobsOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Show a site to this machine alone, until Ctrl-C; a registry is built into a temporary folder first."""
    if (folder / "v1").is_dir():
        from flopsbench.runs.bounds.scratch import scratch_folder

        with scratch_folder() as temporary:
            _build(folder, temporary, jobs)
            _serve(temporary, port, lang)
    else:
        _serve(folder, port, lang)


def _build(registry: Path, output: Path, jobs: int | None) -> BuildReport:
    """Build a site and name every refused file on standard error; raise UsageError where that cannot be done."""
    with publishing(output):
        from flopsbench.site.build.build import build

        report = build(registry, output, jobs)
    for refused in report.refused:
        for finding in refused.findings:
            named = Reason("name_and_reason", name=finding.code, reason=finding.sentence)
            complain(Reason("at_path", path=printable(refused.path), error=named))
    return report


def _serve(site: Path, port: int, lang: str) -> None:
    """Serve a site until Ctrl-C."""
    from flopsbench.site.build.serve import HOST, server

    with server(site, port) as running:
        print(phrase(lang, "served_here", host=HOST, port=str(running.server_port)), flush=True)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print()
