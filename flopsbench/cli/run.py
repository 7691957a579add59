"""Implements ``flopsbench run``, which measures this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.files import STDOUT, keep, put_or_keep
from flopsbench.cli.interrupt import catch_again
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import (
    BackendsOption,
    DevicesOption,
    DtypesOption,
    JsonOption,
    KernelsOption,
    MarkdownOption,
    ProfileOption,
    SeedOption,
    SizesOption,
)
from flopsbench.cli.output import Targets, check_targets
from flopsbench.cli.program import called_as
from flopsbench.cli.streams import why_lost
from flopsbench.errors import ExitCode, UsageError
from flopsbench.text import is_utf8

if TYPE_CHECKING:
    from flopsbench.result.types import Result

DEFAULT_SAVE_FOLDER = "results"


def run_command(
    device: DevicesOption = "auto",
    backend: BackendsOption = "",
    dtype: DtypesOption = "",
    size: SizesOption = "auto",
    kernel: KernelsOption = "",
    profile: ProfileOption = "quick",
    time: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Budget of one process. A case takes 6 blocks (in longer profiles 10), some 2 s, at least; if its "
            "turn is 30 s late it is skipped.",
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="What a process may allocate, 8GiB for example; no limit by default."),
    ] = None,
    json: JsonOption = None,
    markdown: MarkdownOption = None,
    save: Annotated[
        str | None, typer.Option(metavar="[DIR]", help="File the Result under DIR (results) by device and year.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print all that show prints: each reason, advice and comparison, the ladder.")
    ] = False,
    seed: SeedOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Measure, prove and place this machine; Ctrl-C keeps what is done."""
    from flopsbench.cli.progress import watching
    from flopsbench.measure.profiles import PROFILES, parse_profile
    from flopsbench.runs.run import run as measure
    from flopsbench.units import parse_bytes

    targets = check_targets(json, markdown)
    check_save(save)
    rules = parse_profile(profile)
    keeper = Keeper(Path(targets.json)) if targets.json and is_plain_file(targets.json) else None
    try:
        with watching(PROFILES[rules].workers) as on_event:
            result = measure(
                names(device),
                backend=names(backend),
                dtype=names(dtype),
                size=names(size),
                kernel=names(kernel),
                profile=rules,
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
    catch_again()
    arrived = _hand_over(result, targets, save, lang, full)
    code = exit_code(result)
    raise typer.Exit(code if code != ExitCode.DONE or arrived else ExitCode.USAGE)


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
    """Return the names of a comma-separated list; raise UsageError for bytes that are no text."""
    if not is_utf8(text):
        raise UsageError(f"{text!a} is no text in UTF-8")
    return [name.strip() for name in text.split(",") if name.strip()]


def check_save(save: str | None) -> None:
    """Refuse a folder that cannot be made, before minutes are spent on what should go into it."""
    from flopsbench.result.files import can_be_written

    if save is not None and not (save and can_be_written(Path(save, "result.json"), folders=True)):
        raise UsageError(f"--save {save or repr(save)}: no folder can be made there")


def _hand_over(result: Result, targets: Targets, save: str | None, lang: str, full: bool = False) -> bool:
    """Write the documents, then print the result; return whether all that was asked for arrived where it should.

    They are written first, so that nothing that happens while printing loses them, and the Result is kept where
    nothing else shows it.
    """
    from flopsbench.render.files.result import results_markdown
    from flopsbench.result.codec import encode
    from flopsbench.result.place import relative_path

    document = encode(result)
    wanted = [("--json", targets.json, document), ("--markdown", targets.markdown, results_markdown([result]).encode())]
    asked = [each for each in wanted if each[1] and not _stays(each[1], result)]
    if save:
        asked.append(("--save", str(Path(save) / relative_path(result)), document))
    arrived = {target: put_or_keep(option, target, text) for option, target, text in asked if target}
    if STDOUT not in targets:
        with suppress(KeyboardInterrupt):  # whoever interrupts what blocks wants the end, and not to lose the result
            _print(result, [target for target, there in arrived.items() if there], lang, full)
        if not arrived and (why := why_lost()) and not _is_empty(result):
            complain(f"the result could not be printed ({why.strerror}); {keep(document)}")
    return all(arrived.values())


def _stays(target: str, result: Result) -> bool:
    """Return whether a file is left as it is, which is told: an older one holds more than a run without any rate."""
    if target == STDOUT or not Path(target).is_file() or not _is_empty(result):
        return False
    complain(f"{target} stays as it was: nothing was measured")
    return True


def _is_empty(result: Result) -> bool:
    """Return whether a run was interrupted before it had measured anything."""
    return result.interrupted and not any(case.processes for case in result.cases)


def _print(result: Result, written: list[str], lang: str, full: bool) -> None:
    """Print the result for people, and the files it is in."""
    from rich.console import Console

    from flopsbench.render.terminal.result.screen import screen
    from flopsbench.render.terminal.result.whole import report
    from flopsbench.words.catalogue import phrase

    console = Console(highlight=False)
    shown = report(result, lang, called_as()) if full else screen(result, console.width, lang, called_as())
    console.print(shown, crop=False)
    for path in written:
        console.print(phrase(lang, "result_written", place=path), soft_wrap=True, markup=False)


def exit_code(result: Result) -> ExitCode:
    """Return what a run tells its caller: a failed proof outweighs an interruption, and that an empty result."""
    statuses = {case.status for case in result.cases}
    if "failed" in statuses:
        return ExitCode.FAILED
    if result.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if "ok" in statuses else ExitCode.NOTHING_MEASURABLE
