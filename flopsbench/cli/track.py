"""Defines ``flopsbench track``: it keeps a history of Results, and tells whether a case is slower than it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain, refuse
from flopsbench.cli.files import STDOUT, check_target, put
from flopsbench.cli.help import Application
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import (
    DEFAULT_FAIL_ON,
    DEFAULT_HISTORY,
    DEFAULT_HISTORY_MARGIN,
    FailOnOption,
    HistoryMarginOption,
    HistoryOption,
    JsonOption,
    JunitOption,
    MachineOption,
    MarkdownOption,
)
from flopsbench.cli.publishing import publishing
from flopsbench.errors import ExitCode, UsageError
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason, joined

if TYPE_CHECKING:
    from flopsbench.render.charts.picture import Format
    from flopsbench.track.history.folder import Added, History
    from flopsbench.track.history.judge import JudgedSeries

MOST_NAMED = 8  # cases that an error lists

app = Application(help="Keep a history of Results in a folder, and find the change that made a case slower.")


@app.command("add")
def add_command(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT", help="Files of flopsbench run --json.")],
    history: HistoryOption = DEFAULT_HISTORY,
    backfill: Annotated[bool, typer.Option("--backfill", help="File Results older than the newest, too.")] = False,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """File Results of flopsbench run in the history; the same file twice is one."""
    from flopsbench.track.history.changepoint import FEWEST_POINTS
    from flopsbench.track.history.folder import add_results
    from flopsbench.track.history.judge import too_few_points

    def tell(filed: Added) -> None:
        print(phrase(lang, _did(filed), path=str(filed.path)), flush=True)

    added = add_results(results, history, backfill=backfill, on_filed=tell)
    fresh = [each for each in added if each.new]
    if fresh and fresh[-1].points < FEWEST_POINTS:
        print(too_few_points(fresh[-1].points, fresh[-1].names_commit).text(lang))
    refuse([each.refused for each in added if each.refused])


def _did(added: Added) -> str:
    """Return the key of the text that says what became of a Result that was not refused."""
    if added.healed:
        return "result_healed"
    return "result_added" if added.new else "result_known"


@app.command(
    "check",
    help="Fail where a case is slower than it was.\n\n"
    "A case is slower when its level fell by more than the margin and has not come back: it fails until it does, or "
    "until the change is accepted by flopsbench track ack. One or two slow Results are no level: they are suspected, "
    "and fail nothing. A case without a rate in the newest Result fails, until it has one or that is accepted.",
)
def check_command(
    history: HistoryOption = DEFAULT_HISTORY,
    margin: HistoryMarginOption = DEFAULT_HISTORY_MARGIN,
    fail_on: FailOnOption = DEFAULT_FAIL_ON,
    json: JsonOption = None,
    markdown: MarkdownOption = None,
    junit: JunitOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Judge every series of the history."""
    from flopsbench.cli.output import check_targets, hand_over
    from flopsbench.track.comparison import parse_fail_on, parse_margin
    from flopsbench.track.history.acks import read_acks
    from flopsbench.track.history.judge import judge_history

    targets = check_targets(json, markdown, junit)
    share = parse_margin(margin)
    parse_fail_on(fail_on)
    found = _read(history)
    comparison = judge_history(found, read_acks(history), share).comparison
    code = hand_over(comparison, targets, fail_on, lang)
    raise typer.Exit(ExitCode.REJECTED if found.rejected and code != ExitCode.FAILED else code)


@app.command("log")
def log_command(
    history: HistoryOption = DEFAULT_HISTORY,
    margin: HistoryMarginOption = DEFAULT_HISTORY_MARGIN,
    json: JsonOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Print a line for each case on each machine."""
    from json import dumps

    from rich.console import Console

    from flopsbench.render.terminal.history import log as rows
    from flopsbench.render.terminal.history import records

    json = check_target("--json", json)
    found = _read(history)
    _note(found)
    judged = _judged(found, margin)
    if json is not None:
        put("--json", json, f"{dumps(records(judged, found.commits), indent=1)}\n".encode())
    if json != STDOUT:
        Console(highlight=False).print(rows(judged, lang))
    _exit(found)


@app.command("show")
def show_command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case, or a part of its name that no other has.")],
    history: HistoryOption = DEFAULT_HISTORY,
    machine: MachineOption = "",
    margin: HistoryMarginOption = DEFAULT_HISTORY_MARGIN,
    plot: Annotated[str | None, typer.Option(metavar="FILE", help="Draw it too, as FILE.svg or FILE.png.")] = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Show the history of one case: its levels, and what else changed when they did."""
    from rich.console import Console

    from flopsbench.render.terminal.history import show as view

    form = _form(plot)
    found = _read(history)
    _note(found)
    chosen = _choose(_judged(found, margin), case, machine)
    if plot is not None:
        from flopsbench.render.charts.picture import picture

        put("--plot", plot, picture(chosen, form))
    Console(highlight=False).print(view(chosen, lang, found.commits))
    if plot is not None:
        print(phrase(lang, "drawn_in", path=plot))
    _exit(found)


@app.command("ack")
def ack_command(
    change: Annotated[str, typer.Argument(metavar="ID", help="Id of the change, as track check prints it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is accepted.")],
    history: HistoryOption = DEFAULT_HISTORY,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Accept a change: from here on its level is the one to keep."""
    from flopsbench.track.history.acks import add_ack, read_acks
    from flopsbench.track.history.events import nameable, nearby, unknown_event

    found = _read(history)
    known = read_acks(history)
    if change in known:
        ack = known[change]
        raise UsageError(Reason("change_accepted_already", change=change, day=ack.day, reason=ack.reason))
    case = nameable(found).get(change) or nearby(found).get(change)
    if case is None:
        raise unknown_event(found, change)
    path = add_ack(history, change, case, reason)
    print(phrase(lang, "change_accepted", change=change, case=case, path=str(path)))


@app.command("page")
def page_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="A new folder, an empty one, or one with such pages.")
    ],
    history: HistoryOption = DEFAULT_HISTORY,
    repository: Annotated[
        str, typer.Option(metavar="URL", help="The project's address, to link its commits: https://github.com/o/p.")
    ] = "",
    margin: HistoryMarginOption = DEFAULT_HISTORY_MARGIN,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Write the history as static pages, in English and Chinese: an overview, and each series with its changes."""
    from flopsbench.track.comparison import parse_margin
    from flopsbench.track.history.acks import read_acks

    share = parse_margin(margin)
    with publishing(output):
        from flopsbench.site.history.publish import publish_history
        from flopsbench.site.history.repository import parse_repository

        address = parse_repository(repository) if repository else None
        found = _read(history)
        written = publish_history(found, read_acks(history), share, output, address)
    series = phrase(lang, "one_series") if written.series == 1 else phrase(lang, "some_series", count=written.series)
    print(phrase(lang, "pages_written", path=str(output), files=written.files, series=series))
    _exit(found)


def _read(folder: Path) -> History:
    """Return the history of a folder, complaining of the files in it that are no Results."""
    from flopsbench.track.history.folder import read_history

    history = read_history(folder)
    for complaint in history.rejected:
        complain(complaint)
    return history


def _note(history: History) -> None:
    """Tell what the repository of the project lacks of the history."""
    if history.commits.note:
        complain(history.commits.note)


def _exit(history: History) -> None:
    """End with the exit code for rejected documents where files of the history are none."""
    if history.rejected:
        raise typer.Exit(ExitCode.REJECTED)


def _judged(history: History, margin: str) -> list[JudgedSeries]:
    """Return every series of the history, judged."""
    from flopsbench.track.comparison import parse_margin
    from flopsbench.track.history.acks import read_acks
    from flopsbench.track.history.judge import judge_series
    from flopsbench.track.history.series import all_series

    accepted, share = read_acks(history.folder), parse_margin(margin)
    return [judge_series(series, accepted, share) for series in all_series(history.results)]


def _choose(judged: Sequence[JudgedSeries], case: str, machine: str) -> JudgedSeries:
    """Return the one series meant; raise UsageError naming those it could be."""
    from flopsbench.result.keys import split_id
    from flopsbench.track.history.judge import machine_name

    here = [each for each in judged if machine.lower() in machine_name(each.series).lower()]
    exact = [each for each in here if case in (each.series.case, split_id(each.series.case)[1])]
    found = exact or [each for each in here if case.lower() in each.series.case.lower()]
    if len(found) == 1:
        return found[0]
    named = [
        Reason("case_on_machine", case=each.series.case, machine=machine_name(each.series))
        for each in found or here or judged
    ]
    listed = [*named[:MOST_NAMED], *(["..."] if len(named) > MOST_NAMED else [])]
    shown = repr(case)
    what = Reason("cases_match", count=len(found), case=shown) if found else Reason("no_case_matches", case=shown)
    raise UsageError(joined([what, *listed], "sentences_listed"))


def _form(plot: str | None) -> Format:
    """Return the format of a picture by the end of its name; raise UsageError where it is none or cannot be written."""
    suffix = "svg" if plot is None else Path(plot).suffix.lower().removeprefix(".")
    if suffix not in ("svg", "png"):
        raise UsageError(Reason("plot_form", plot=plot or repr(plot)))
    check_target("--plot", plot)
    return "svg" if suffix == "svg" else "png"
