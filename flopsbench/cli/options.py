"""Defines the options that several commands share, each once, with the text of its help and its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flopsbench import units
from flopsbench.track import defaults
from flopsbench.track.verdicts import FAILURES

# Cases, for commands that take theirs as ``run`` does.
NamesOption = Annotated[str, typer.Option(metavar="NAME,..", help="As for run.")]
SizesOption = Annotated[str, typer.Option(metavar="N,..", help="As for run.")]
SeedOption = Annotated[int | None, typer.Option(min=0, max=2**62, help="Of operands and case order; random otherwise.")]

# A project's own code.
PytestArguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PYTEST_ARGS", show_default=False, help="Of --suite, as for pytest; behind -- what both could mean."
    ),
]
SuiteOption = Annotated[
    bool, typer.Option("--suite", help="Measure the project's tests that use the fixture flops or benchmark.")
]
CallOption = Annotated[
    str | None, typer.Option(metavar="MODULE:FUNCTION", help="Measure this callable, which takes no arguments.")
]
CommandOption = Annotated[
    str | None, typer.Option(metavar="CMD", help="Measure a whole program, its start-up included; no shell.")
]
FlopOption = Annotated[float | None, typer.Option(metavar="N", help="FLOP of one call or run; a time without it.")]
BytesOption = Annotated[float | None, typer.Option(metavar="N", help="Or the bytes that it moves.")]
SyncOption = Annotated[
    str | None,
    typer.Option(metavar="MODULE:FUNCTION", help="Waits for the device of --call: torch.cuda:synchronize."),
]
InstallOption = Annotated[
    str, typer.Option(metavar="CMD", help="Run in the tree of a commit, its fresh environment first in PATH.")
]

# Results.
RESULT_HELP = "A Result, or a folder of them."
RESULTS_HELP = "Results, or folders of them."

# Verdicts, and the documents they are written into.
DEFAULT_MARGIN = units.share(defaults.MARGIN)
DEFAULT_HISTORY_MARGIN = units.share(defaults.HISTORY_MARGIN)
DEFAULT_FAIL_ON = ",".join(FAILURES)
MarginOption = Annotated[str, typer.Option(metavar="SHARE", help="Changes within it are nobody's concern: 2% or 0.02.")]
HistoryMarginOption = Annotated[
    str, typer.Option(metavar="SHARE", help="Changes within it are nobody's concern: 1% or 0.01.")
]
FailOnOption = Annotated[
    str, typer.Option(metavar="VERDICT,..", help="Verdicts that fail: also suspected, inconclusive (exit 4); or none.")
]
JsonOption = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the comparison; - for stdout alone.")]
MarkdownOption = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="Write Markdown; $GITHUB_STEP_SUMMARY gets it anyway.")
]
JunitOption = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write JUnit XML.")]

# Histories.
DEFAULT_HISTORY = Path("flopsbench-history")
HistoryOption = Annotated[Path, typer.Option(metavar="DIR", help="The folder of the history.")]
MachineOption = Annotated[str, typer.Option(metavar="TEXT", help="Part of the machine's name, where several ran it.")]
