"""Implements ``flopsbench run``, which measures this machine."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.files import STDOUT, check_target, put
from flopsbench.cli.interrupt import catch_interrupts, ignore_interrupts
from flopsbench.cli.options import LanguageOption, SeedOption
from flopsbench.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flopsbench.result.types import Result

DEFAULT_SAVE_FOLDER = "results"


def run_command(
    device: Annotated[
        str, typer.Option(metavar="NAME,..", help="cpu, cuda (the first GPU), cuda:N, all, or auto: a GPU if any.")
    ] = "auto",
    backend: Annotated[str, typer.Option(metavar="NAME,..", help="numpy, torch, cupy; all installed ones.")] = "",
    dtype: Annotated[str, typer.Option(metavar="NAME,..", help="fp64, fp32, tf32, bf16, fp16, int8, ...")] = "",
    size: Annotated[str, typer.Option(metavar="N,..", help="N or MxNxK, or auto by the device.")] = "auto",
    kernel: Annotated[
        str,
        typer.Option(
            metavar="NAME,..",
            help="See flopsbench kernels; vendor GEMMs. Or your own: FILE.py, FILE.py:FUNCTION, MODULE:FUNCTION.",
        ),
    ] = "",
    profile: Annotated[str, typer.Option(help="quick (1 process), standard (3) or registry (5, sustained).")] = "quick",
    time: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Budget of one process. A case takes ten blocks at least; if its turn is 30 s late it is skipped.",
        ),
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="What a process may allocate, 8GiB for example; no limit.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write the Result, after each case; - for stdout alone.")
    ] = None,
    save: Annotated[
        str | None, typer.Option(metavar="[DIR]", help="File the Result under DIR (results) by device and year.")
    ] = None,
    seed: SeedOption = None,
    lang: LanguageOption = "en",
) -> None:
    """Measure, prove and place this machine; Ctrl-C keeps what is done."""
    from flopsbench.cli.progress import watching
    from flopsbench.measure.profiles import parse_profile
    from flopsbench.runs.run import run as measure
    from flopsbench.units import parse_bytes
    from flopsbench.words.catalogue import parse_language

    parse_language(lang)
    json = check_target("--json", json)
    check_save(save)
    keeper = Keeper(Path(json)) if json and is_plain_file(json) else None
    catch_interrupts()
    try:
        with watching() as on_event:
            result = measure(
                names(device),
                backend=names(backend),
                dtype=names(dtype),
                size=names(size),
                kernel=names(kernel),
                profile=parse_profile(profile),
                time_s=time,
                memory_bytes=None if memory is None else parse_bytes(memory),
                seed=seed,
                on_event=on_event,
                on_partial=keeper,
            )
    except KeyboardInterrupt:
        kept = f"; what was measured before is in {json}" if keeper and keeper.has_written else ""
        complain(f"interrupted{kept or ' before anything was measured'}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    ignore_interrupts()
    _hand_over(result, json, save, lang)
    raise typer.Exit(exit_code(result))


class Keeper:
    """A Keeper writes the Result so far to the file of ``--json``: a run that is killed then loses one case at most."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.has_written = False

    def __call__(self, result: Result) -> None:
        """Write the Result, whole; what keeps it from being written is told at the end, when it finds another place."""
        from flopsbench.result.codec import encode
        from flopsbench.result.files import write

        with suppress(OSError):
            write(self._target, encode(result))
            self.has_written = True


def is_plain_file(target: str) -> bool:
    """Return whether a target is a file of its own, or will be: a pipe or a device gets one document, at the end."""
    from flopsbench.result.files import is_stream

    return target != STDOUT and not is_stream(Path(target))


def names(text: str) -> list[str]:
    """Return the names of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_save(save: str | None) -> None:
    """Refuse a folder that cannot be made, before minutes are spent on what should go into it."""
    from flopsbench.result.files import can_be_written

    if save is not None and not (save and can_be_written(Path(save, "result.json"), folders=True)):
        raise UsageError(f"--save {save or repr(save)}: no folder can be made there")


def _hand_over(result: Result, json: str | None, save: str | None, lang: str) -> None:
    """Write the document first, so that nothing that happens while printing loses it."""
    from flopsbench.result.codec import encode
    from flopsbench.result.place import relative_path

    document = encode(result)
    if json == STDOUT:
        put("--json", json, document)
    targets = [Path(json)] if json and json != STDOUT else []
    if result.interrupted and not any(case.processes for case in result.cases):
        for target in filter(Path.is_file, targets):
            complain(f"{target} stays as it was: nothing was measured")
        targets = [target for target in targets if not target.is_file()]
    targets += [Path(save) / relative_path(result)] if save else []
    written = [keep(target, document) for target in targets]
    if json != STDOUT:
        from rich.console import Console

        from flopsbench.render.terminal.result import report

        console = Console(highlight=False)
        console.print(report(result, lang))
        for path in written:
            console.print(f"Result written to {path}", soft_wrap=True, markup=False)


def keep(target: Path, document: bytes) -> Path:
    """Write the document and return where it lies: a temporary file when the target cannot be written after all."""
    from flopsbench.result.files import write

    try:
        return write(target, document)
    except OSError as error:
        with tempfile.NamedTemporaryFile(prefix="flopsbench-", suffix=".json", delete=False) as kept:
            kept.write(document)
        complain(f"{target} cannot be written ({error.strerror}); kept in {kept.name}")
        return Path(kept.name)


def exit_code(result: Result) -> ExitCode:
    """Return what a run tells its caller: a failed proof outweighs an interruption, and that an empty result."""
    statuses = {case.status for case in result.cases}
    if "failed" in statuses:
        return ExitCode.FAILED
    if result.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if "ok" in statuses else ExitCode.NOTHING_MEASURABLE
