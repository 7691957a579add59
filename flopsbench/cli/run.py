"""``flopsbench run``: measure this machine."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flopsbench.result import Result

DEFAULT_SAVE_FOLDER = "results"


def run(
    device: Annotated[
        str, typer.Option(metavar="NAME,..", help="cpu, cuda (the first GPU), cuda:N, all, or auto: a GPU if any.")
    ] = "auto",
    backend: Annotated[str, typer.Option(metavar="NAME,..", help="numpy, torch, cupy; all installed ones.")] = "",
    dtype: Annotated[str, typer.Option(metavar="NAME,..", help="fp64, fp32, tf32, bf16, fp16, int8, ...")] = "",
    size: Annotated[str, typer.Option(metavar="N,..", help="N or MxNxK, or auto by the device.")] = "auto",
    kernel: Annotated[str, typer.Option(metavar="NAME,..", help="See flopsbench kernels; vendor GEMMs.")] = "",
    profile: Annotated[str, typer.Option(help="quick (1 process), standard (3) or registry (5, sustained).")] = "quick",
    time: Annotated[float | None, typer.Option(metavar="SECONDS", help="Budget of one process, all cases.")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the Result; - for stdout alone.")] = None,
    save: Annotated[
        str | None, typer.Option(metavar="[DIR]", help="File the Result under DIR (results) by device and year.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of operands and case order; random otherwise.")] = None,
    lang: Annotated[str, typer.Option(help="en or zh, for the ladder and the comparison.")] = "en",
) -> None:
    """Measure, prove and place this machine; Ctrl-C keeps what is done."""
    from flopsbench.cli.progress import watching
    from flopsbench.profile import parse_profile
    from flopsbench.runner import run as measure
    from flopsbench.scale.words import parse_language

    parse_language(lang)
    _writable(json)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with watching() as on_event:
            result = measure(
                _names(device),
                backend=_names(backend),
                dtype=_names(dtype),
                size=_names(size),
                kernel=_names(kernel),
                profile=parse_profile(profile),
                time_s=time,
                seed=seed,
                on_event=on_event,
            )
    except KeyboardInterrupt:
        print("flopsbench: interrupted before anything was measured", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _hand_over(result, json, save, lang)
    raise typer.Exit(exit_code(result))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _writable(path: str | None) -> None:
    """Refuse a file that could not be written before minutes are spent on what should go into it."""
    if path and path != "-" and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
        raise UsageError(f"--json {path}: no file can be written there")


def _hand_over(result: Result, json: str | None, save: str | None, lang: str) -> None:
    """Write the document first, so that nothing that happens while printing loses it."""
    from flopsbench.result import encode
    from flopsbench.store import save as save_result

    document = encode(result)
    if json == "-":
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
    elif json:
        Path(json).write_bytes(document)
    saved = save_result(result, Path(save)) if save else None
    if json != "-":
        from rich.console import Console

        from flopsbench.render.terminal import report

        console = Console(highlight=False)
        console.print(report(result, lang))
        for path in filter(None, (json, saved)):
            console.print(f"Result written to {path}", soft_wrap=True)


def exit_code(result: Result) -> ExitCode:
    """What a run tells its caller: a failed proof outweighs an interruption, and that an empty result."""
    statuses = {case.status for case in result.cases}
    if "failed" in statuses:
        return ExitCode.FAILED
    if result.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if "ok" in statuses else ExitCode.NOTHING_MEASURABLE
