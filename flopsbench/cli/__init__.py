"""Implements the command line: parses, calls, prints, exits. Only this folder prints or exits; a worker ends itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from flopsbench.cli.ab import ab
from flopsbench.cli.compare import compare
from flopsbench.cli.complaint import complain
from flopsbench.cli.devices import devices
from flopsbench.cli.doctor import doctor
from flopsbench.cli.export import export
from flopsbench.cli.help import Application, PlainGroup
from flopsbench.cli.interrupt import catch_interrupts, ignore_interrupts
from flopsbench.cli.kernels import kernels
from flopsbench.cli.noise import noise
from flopsbench.cli.revisions import backfill_command, bisect_command
from flopsbench.cli.run import DEFAULT_SAVE_FOLDER, run_command
from flopsbench.cli.scale import scale
from flopsbench.cli.schema import schema
from flopsbench.cli.show import show
from flopsbench.cli.site import app as site
from flopsbench.cli.streams import outcome, prepare_streams
from flopsbench.cli.submit import submit_command
from flopsbench.cli.track import app as track
from flopsbench.cli.usage import said_in_chinese
from flopsbench.cli.validate import validate_command
from flopsbench.cli.why import why
from flopsbench.errors import ExitCode, FlopsbenchError, UsageError
from flopsbench.words.reason import Reason


class Commands(PlainGroup):
    """Commands are all commands; each ends in order when it is asked to end, and says what it cannot read."""

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        """Read what stands before the command."""
        with said_in_chinese():
            return super().make_context(*arguments, **extra)

    def invoke(self, context: Any) -> Any:
        """Run the command."""
        refuse_gone_folder()
        try:
            with said_in_chinese():
                return super().invoke(context)
        except KeyboardInterrupt:
            complain(Reason("was_interrupted"))
            raise typer.Exit(ExitCode.INTERRUPTED) from None


app = Application(
    Commands,
    name="flopsbench",
    help="Measure GEMM on this machine, prove the product, and place the rate from MFLOPS to EFLOPS.",
    epilog="Exit codes: 0 done, 2 usage, 3 a regression, a missing case or a failed proof, 4 inconclusive (where asked "
    "to fail), 5 nothing to compare or not comparable, 6 a document was rejected, 7 nothing measurable, "
    "130 interrupted.",
)
for command in (
    run_command,
    noise,
    compare,
    doctor,
    why,
    show,
    validate_command,
    submit_command,
    export,
    devices,
    kernels,
    schema,
):
    app.command(command.__name__.removesuffix("_command"))(command)
track.command("backfill", context_settings={"ignore_unknown_options": True})(backfill_command)
track.command("bisect")(bisect_command)
app.add_typer(track, name="track")
app.add_typer(site, name="site")
app.command(context_settings={"ignore_unknown_options": True})(ab)  # what it does not know is pytest's
# A rate may begin with a minus, and then deserves a better answer than "no such option".
app.command(context_settings={"ignore_unknown_options": True})(scale)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"flopsbench {version('flopsbench')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def refuse_gone_folder() -> None:
    """Raise UsageError where the current folder was removed: names of files mean nothing there, and MKL ends itself."""
    try:
        os.getcwd()
    except OSError:
        raise UsageError(Reason("current_folder_gone")) from None


def main() -> None:
    """Run the command of ``sys.argv``; errors of flopsbench and of the system become one line and their exit code."""
    prepare_streams()
    catch_interrupts()
    try:
        app(args=with_save_folder(sys.argv[1:]))
    except SystemExit as ended:  # how typer ends every command
        code = int(ended.code or ExitCode.DONE)
    except FlopsbenchError as error:
        complain(error)
        code = error.exit_code
    except OSError as error:
        complain(refusal(error))
        code = ExitCode.USAGE
    except MemoryError:
        complain(Reason("memory_refused"))
        code = ExitCode.USAGE
    code = outcome(code)
    ignore_interrupts()
    sys.exit(code)


def refusal(error: OSError) -> str:
    """Return what the system refused, and of which file."""
    told = error.strerror or type(error).__name__
    if isinstance(error.filename, str | bytes):
        return Reason("at_path", path=os.fsdecode(error.filename), error=told)
    return told


def with_save_folder(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the folder that a bare ``--save`` means written out."""
    following = [*arguments, "-"][1:]
    return [
        f"--save={DEFAULT_SAVE_FOLDER}" if argument == "--save" and after.startswith("-") else argument
        for argument, after in zip(arguments, following, strict=True)
    ]
