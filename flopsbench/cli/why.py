"""Defines ``flopsbench why``: it finds out by experiment why cases are slow on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.files import check_target
from flopsbench.cli.interrupt import catch_again
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import BackendsOption, DevicesOption, DtypesOption, JsonOption, SeedOption, SizesOption
from flopsbench.cli.record import hand_over_found
from flopsbench.cli.run import names
from flopsbench.errors import ExitCode
from flopsbench.words.reason import Reason

TIME_S = 240.0


def why(
    device: DevicesOption = "auto",
    backend: BackendsOption = "",
    dtype: DtypesOption = "",
    size: SizesOption = "auto",
    time: Annotated[float, typer.Option(metavar="SECONDS", help="About how long it may take.")] = TIME_S,
    seed: SeedOption = None,
    json: JsonOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Find out by experiment why the slowest cases are slow here, and which setting to keep.

    A run tells which cases lie furthest below their ceiling. Then fresh processes take turns: some as it is, some with
    one thing changed - a variable unset, other threads, another library, shape or page size - and some with nothing
    changed at all. What seems to be a cause is measured a second time. Nothing on this machine is changed.
    """
    from flopsbench.cli.stages import watching
    from flopsbench.explore.why.why import check_time
    from flopsbench.explore.why.why import why as find_out
    from flopsbench.render.terminal.diagnosis.why import explanation
    from flopsbench.runs.request import options_of

    check_time(time)
    json = check_target("--json", json)
    options = options_of(names(device), names(backend), names(dtype), names(size))
    try:
        with watching() as watched:
            found = find_out(options, time_s=time, seed=seed, on_event=watched.on_event, on_stage=watched.on_stage)
    except KeyboardInterrupt:
        complain(Reason("why_interrupted_early"))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    catch_again()
    hand_over_found(found, json, lang, explanation)
    raise typer.Exit(ExitCode.INTERRUPTED if found.interrupted else ExitCode.DONE)
