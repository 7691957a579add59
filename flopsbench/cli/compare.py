"""Defines ``flopsbench compare``: it compares two Results, or two folders of them, case by case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import (
    DEFAULT_FAIL_ON,
    DEFAULT_MARGIN,
    RESULT_HELP,
    FailOnOption,
    JsonOption,
    JunitOption,
    MarginOption,
    MarkdownOption,
)
from flopsbench.cli.output import check_targets, hand_over
from flopsbench.errors import DocumentRejected, ExitCode
from flopsbench.text import printable
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.result.types import Result
    from flopsbench.track.noise import Noise


def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help=RESULT_HELP)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="What is set against it.")],
    margin: MarginOption = DEFAULT_MARGIN,
    noise: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Noise floor; this machine's own, if it has one.")
    ] = None,
    allow_different: Annotated[
        str, typer.Option(metavar="KEY,..", help="What may differ: machine, device, dtype, math, ...")
    ] = "",
    fail_on: FailOnOption = DEFAULT_FAIL_ON,
    json: JsonOption = None,
    markdown: MarkdownOption = None,
    junit: JunitOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Compare NEW with BASE, case by case; what the noise of the machine hides is called inconclusive."""
    from flopsbench.track import compare as track
    from flopsbench.track.comparison import parse_fail_on, parse_margin

    targets = check_targets(json, markdown, junit)
    parse_fail_on(fail_on)
    share, allowed = parse_margin(margin), track.parse_allowed(allow_different)
    before, rejected = track.read_results(base)
    after, rejected_after = track.read_results(new)
    rejected += rejected_after
    floors, notes = _floors(noise, after[-1])
    comparison = track.compare(
        before,
        after,
        base_name=printable(str(base)),
        new_name=printable(str(new)),
        margin=share,
        noise=floors,
        allowed=allowed,
        notes=notes + [Reason("left_out_no_result", complaint=complaint) for complaint in rejected],
    )
    code = hand_over(comparison, targets, fail_on, lang)
    for complaint in rejected:
        complain(complaint)
    raise typer.Exit(ExitCode.REJECTED if rejected and code != ExitCode.FAILED else code)


def _floors(file: Path | None, new: Result) -> tuple[Noise | None, list[str]]:
    """Return the noise floors of the file, else those kept for the machine of the Result; and notes on them.

    Kept floors that cannot be read are a note, no error.
    """
    from flopsbench.track.compare import floor_unused
    from flopsbench.track.noise import default_path, load

    if file is not None:
        return load(file), []
    kept = default_path(new.host.hardware_key, new.tool.profile)
    if kept is None or not kept.exists():
        return None, []
    try:
        return load(kept), []
    except DocumentRejected as error:
        return None, [floor_unused(error.reason)]
