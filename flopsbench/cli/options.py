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
