"""Defines the options that several commands share, each once, with the text of its help and its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flopsbench import units
from flopsbench.cli.completion import backends, devices, dtypes, kernels, list_of, one_of, profiles, verdicts
from flopsbench.errors import UsageError
from flopsbench.track import defaults
from flopsbench.track.verdicts import FAILURES
from flopsbench.words.reason import Reason


def check_seed(seed: int | None) -> int | None:
    """Return a seed; raise UsageError for one that does not fit into a document."""
    if seed is not None and not 0 <= seed <= 2**62:
        raise UsageError(Reason("seed_range", seed=str(seed)))
    return seed


# Cases.
DevicesOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,..",
        autocompletion=list_of(devices),
        help="cpu, cuda (the first GPU), cuda:N, all, or auto: a GPU if any.",
    ),
]
BackendsOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,..",
        autocompletion=list_of(backends),
        help="numpy, torch, cupy; all that are installed by default.",
    ),
]
DtypesOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,..",
        autocompletion=list_of(dtypes),
        help="fp64, fp32, tf32, bf16, fp16, int8 and more; the usual ones by default.",
    ),
]
SizesOption = Annotated[str, typer.Option(metavar="N,..", help="N or MxNxK; auto depends on the device.")]
KernelsOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,..",
        autocompletion=list_of(kernels),
        help="Names that flopsbench kernels lists, or your own as FILE.py, FILE.py:FUNCTION or MODULE:FUNCTION; the "
        "vendor's GEMM by default.",
    ),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        autocompletion=one_of(profiles),
        help="quick (1 process), standard (3) or registry (5, sustained).",
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", callback=check_seed, help="Seed of operands and of the order of cases; random by default."
    ),
]

PairsOption = Annotated[int, typer.Option(metavar="N", help="Pairs of fresh processes per case, 6 to 30.")]

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

# Verdicts.
DEFAULT_MARGIN = units.share(defaults.MARGIN)
DEFAULT_HISTORY_MARGIN = units.share(defaults.HISTORY_MARGIN)
DEFAULT_FAIL_ON = ",".join(FAILURES)
MarginOption = Annotated[str, typer.Option(metavar="SHARE", help="Changes within it are nobody's concern: 2% or 0.02.")]
HistoryMarginOption = Annotated[
    str, typer.Option(metavar="SHARE", help="Changes within it are nobody's concern: 1% or 0.01.")
]
FailOnOption = Annotated[
    str,
    typer.Option(
        metavar="VERDICT,..",
        autocompletion=list_of(verdicts),
        help="Verdicts that fail: also suspected, inconclusive (exit 4); or none.",
    ),
]
JunitOption = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write it as JUnit XML; - prints that alone.")]

# Documents.
JsonOption = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write all of it as JSON; - prints that alone.")]
MarkdownOption = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="Write it as Markdown; - prints that alone.")
]

# Histories.
DEFAULT_HISTORY = Path("flopsbench-history")
HistoryOption = Annotated[Path, typer.Option(metavar="DIR", help="The folder of the history.")]
MachineOption = Annotated[str, typer.Option(metavar="TEXT", help="Part of the machine's name, where several ran it.")]
