"""Defines ``flopsbench ab``: it compares two sides by pairs of fresh processes that take turns."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.files import keep, put_or_keep
from flopsbench.cli.interrupt import catch_again
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import (
    DEFAULT_FAIL_ON,
    DEFAULT_MARGIN,
    BackendsOption,
    BytesOption,
    CallOption,
    CommandOption,
    DevicesOption,
    DtypesOption,
    FailOnOption,
    FlopOption,
    InstallOption,
    JsonOption,
    JunitOption,
    KernelsOption,
    MarginOption,
    MarkdownOption,
    PairsOption,
    PytestArguments,
    SeedOption,
    SizesOption,
    SuiteOption,
    SyncOption,
)
from flopsbench.cli.output import as_json, check_targets, hand_over
from flopsbench.cli.run import check_save, names
from flopsbench.cli.streams import why_lost
from flopsbench.cli.target import asked_target
from flopsbench.errors import ExitCode
from flopsbench.track import defaults
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.result.types import Options, Result
    from flopsbench.track.ab.side import Side
    from flopsbench.track.ab.spec import Spec

SIDE_HELP = "here, or python=PATH, env=NAME=VALUE, backend=NAME, kernel=NAME, git=REV, joined by commas."


def ab(
    pytest_args: PytestArguments = None,
    a: Annotated[str, typer.Option("--a", metavar="SPEC", help=f"The base: {SIDE_HELP}")] = "here",
    b: Annotated[str, typer.Option("--b", metavar="SPEC", help="The new side, likewise.")] = "here",
    pairs: PairsOption = defaults.PAIRS,
    margin: MarginOption = DEFAULT_MARGIN,
    install: InstallOption = defaults.INSTALL,
    device: DevicesOption = "auto",
    backend: BackendsOption = "",
    dtype: DtypesOption = "",
    size: SizesOption = "auto",
    kernel: KernelsOption = "",
    suite: SuiteOption = False,
    call: CallOption = None,
    command: CommandOption = None,
    flop: FlopOption = None,
    bytes: BytesOption = None,
    sync: SyncOption = None,
    seed: SeedOption = None,
    fail_on: FailOnOption = DEFAULT_FAIL_ON,
    json: JsonOption = None,
    markdown: MarkdownOption = None,
    junit: JunitOption = None,
    save: Annotated[str | None, typer.Option(metavar="DIR", help="File the Results of both sides under DIR.")] = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Compare two sides on this machine, interleaved; a regression is one only if a second look agrees.

    Each pair is one fresh process per side, in random order, taking turns block by block. Exit 3: a regression, a
    failed proof or a missing case. GEMM is measured, or with --suite, --call or --command your project's own code: two
    commits of it by --a git=BASE --b git=HEAD.
    """
    from flopsbench.cli.pairs import watching
    from flopsbench.runs.request import options_of
    from flopsbench.track.ab.ab import ab as compare
    from flopsbench.track.ab.ab import check_pairs
    from flopsbench.track.ab.side import check_spec, prepared
    from flopsbench.track.ab.spec import parse_spec
    from flopsbench.track.calls.run import ab_calls
    from flopsbench.track.comparison import parse_fail_on, parse_margin

    check_pairs(pairs)
    parse_fail_on(fail_on)
    targets = check_targets(json, markdown, junit)
    check_save(save)
    share, specs = parse_margin(margin), [parse_spec(a), parse_spec(b)]
    of_gemm = {"device": device, "backend": backend, "dtype": dtype, "size": size, "kernel": kernel}
    target = asked_target(suite, pytest_args, call, command, flop, bytes, sync, of_gemm, specs)
    for spec in specs:
        check_spec(spec)
    options = options_of(names(device), names(backend), names(dtype), names(size), names(kernel))
    try:
        with ExitStack() as stack:
            base = stack.enter_context(prepared(specs[0], options, install))
            new = _new_side(stack, specs[1], options, install)
            on_progress = stack.enter_context(watching())
            measure = partial(ab_calls, target=target) if target else compare
            measure = partial(measure, on_progress=on_progress, on_note=complain)
            outcome = measure(base, new, pairs=pairs, margin=share, seed=seed)
    except KeyboardInterrupt:
        complain(Reason("interrupted_before_comparing"))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    catch_again()
    code = hand_over(outcome.comparison, targets, fail_on, lang)
    if not any(targets) and (why := why_lost()):
        complain(Reason("comparison_not_printed", error=why.strerror, kept=keep(as_json(outcome.comparison))))
    saved = [_saved(result, Path(save), lang) for result in (outcome.base, outcome.new)] if save else []
    if not all(saved):
        code = code or ExitCode.USAGE
    raise typer.Exit(code)


def _new_side(stack: ExitStack, spec: Spec, options: Options, install: str) -> Side:
    """Return the new side, ready until the stack is closed; a commit that cannot be installed has failed by that.

    On the base it is an error of usage: there is nothing to compare with.
    """
    from flopsbench.track.ab.commit import InstallFailed
    from flopsbench.track.ab.side import prepared

    try:
        return stack.enter_context(prepared(spec, options, install))
    except InstallFailed as error:
        complain(error)
        complain(Reason("new_side_not_installed"))
        raise typer.Exit(ExitCode.FAILED) from None


def _saved(result: Result, folder: Path, lang: str) -> bool:
    """File the Result of one side below a folder; return whether it lies there, and is not kept elsewhere."""
    from flopsbench.result.codec import encode
    from flopsbench.result.place import relative_path

    place = str(folder / relative_path(result))
    if not put_or_keep("--save", place, encode(result)):
        return False
    print(phrase(lang, "result_written", place=place), file=sys.stderr)
    return True
