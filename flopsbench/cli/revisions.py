"""Defines ``flopsbench track backfill`` and ``track bisect``, which measure past commits of a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import (
    DEFAULT_HISTORY,
    BackendsOption,
    BytesOption,
    CallOption,
    CommandOption,
    DevicesOption,
    DtypesOption,
    FlopOption,
    HistoryOption,
    InstallOption,
    KernelsOption,
    PytestArguments,
    SizesOption,
    SuiteOption,
    SyncOption,
)
from flopsbench.cli.run import names
from flopsbench.cli.target import asked_target
from flopsbench.errors import ExitCode
from flopsbench.track import defaults
from flopsbench.units import percent_digits, signed_fixed, signed_percent
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said

if TYPE_CHECKING:
    from flopsbench.track.history.revisions.bisect import BisectJournal
    from flopsbench.track.history.revisions.listed import Revision


def backfill_command(
    commits: Annotated[str, typer.Argument(metavar="REV..REV", help="A range of commits as git reads it, or one.")],
    pytest_args: PytestArguments = None,
    every: Annotated[int, typer.Option(min=1, metavar="N", help="Each N-th commit of them, and both ends.")] = 1,
    history: HistoryOption = DEFAULT_HISTORY,
    install: InstallOption = defaults.INSTALL,
    suite: SuiteOption = False,
    call: CallOption = None,
    command: CommandOption = None,
    flop: FlopOption = None,
    bytes: BytesOption = None,
    sync: SyncOption = None,
    device: DevicesOption = "auto",
    backend: BackendsOption = "",
    dtype: DtypesOption = "",
    size: SizesOption = "auto",
    kernel: KernelsOption = "",
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Measure past commits, and file their Results in the history.

    Each is installed in an environment of its own and measured in three fresh processes. Commits that this machine has
    measured so before are left out, so that an interrupted command goes on where it stopped. Exit 3: one could not be
    installed or measured; the others are there.
    """
    from flopsbench.runs.request import options_of
    from flopsbench.track.calls.alone import measure_alone
    from flopsbench.track.calls.target import with_target
    from flopsbench.track.history.revisions.backfill import backfill
    from flopsbench.track.history.revisions.gemm import measure_gemm
    from flopsbench.track.history.revisions.listed import every as chosen
    from flopsbench.track.history.revisions.listed import revisions

    of_gemm = {"device": device, "backend": backend, "dtype": dtype, "size": size, "kernel": kernel}
    target = asked_target(suite, pytest_args, call, command, flop, bytes, sync, of_gemm)
    options = options_of(names(device), names(backend), names(dtype), names(size), names(kernel))
    found = chosen(revisions(commits), every)
    measure = partial(measure_alone, target=target) if target else measure_gemm
    failed = 0
    for number, filled in enumerate(
        backfill(found, history, measure, with_target(options, target) if target else options, install), 1
    ):
        where: dict[str, str | int] = {"number": number, "count": len(found), "commit": filled.revision.title}
        if filled.failed:
            failed += 1
            complain(phrase(lang, "commit_not_measured", **where, why=said(filled.failed, lang)))
        else:
            key = "commit_known" if filled.known else "commit_measured"
            print(phrase(lang, key, **where, path=str(filled.path or "")), flush=True)
    raise typer.Exit(ExitCode.FAILED if failed else ExitCode.DONE)


def bisect_command(
    change: Annotated[str, typer.Argument(metavar="ID", help="Of the change, as track check prints it.")],
    history: HistoryOption = DEFAULT_HISTORY,
    install: InstallOption = defaults.INSTALL,
    pairs: Annotated[
        int, typer.Option(metavar="N", help="Pairs of fresh processes per step, 6 to 30.")
    ] = defaults.PAIRS,
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keeps the steps, to go on: flopsbench-bisect-ID.json.")
    ] = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Find the commit that made a change of the history, by A/B in this machine's own pairs.

    Each step compares a commit with the last good one. It is called bad or good only where the pairs tell; where they
    do not, more of them are taken, then another commit. Exit 0: one commit is left. Exit 4: several are left, which
    are named, or the change is not seen here.
    """
    from flopsbench.result.keys import case_title
    from flopsbench.track.ab.ab import check_pairs
    from flopsbench.track.history.events import change_range
    from flopsbench.track.history.folder import read_history
    from flopsbench.track.history.revisions.bisect import bisect, read_journal, write_journal
    from flopsbench.track.history.revisions.listed import between
    from flopsbench.track.history.revisions.search import begun, comparing

    check_pairs(pairs)
    place = journal or Path(f"flopsbench-bisect-{change}.json")
    where = change_range(read_history(history), change)
    found = between(where.good, where.bad)
    known = read_journal(place, begun(change, where))
    titles = {revision.commit: revision.title for revision in found}
    print(
        phrase(lang, "bisect_begins", count=len(found), case=case_title(where.series.case), steps=len(known.steps)),
        flush=True,
    )

    def tell(so_far: BisectJournal) -> None:
        write_journal(place, so_far)
        print(_step(so_far, titles, lang), flush=True)

    with comparing(where, install) as compare:
        ended = bisect(known, found, compare, pairs, tell)
    raise typer.Exit(_told(ended, found, place, lang))


def _step(journal: BisectJournal, titles: dict[str, str], lang: str) -> str:
    """Return the line about the last step of a search."""
    step = journal.steps[-1]
    commit = titles.get(step.commit, step.commit)
    if step.estimate is None or step.low is None or step.high is None:
        return phrase(lang, "bisect_step_unknown", commit=commit, why=said(step.why or "", lang))
    spread = phrase(lang, "interval_words", low=signed_fixed(100 * step.low, 1), high=signed_percent(step.high, 1))
    told: dict[str, str | int] = {
        "commit": commit,
        "change": signed_percent(step.estimate, 1),
        "spread": spread,
        "pairs": step.pairs,
    }
    if step.sure is None:
        return phrase(lang, "bisect_step_doubt", **told)
    key = "bisect_step_bad" if step.verdict == "bad" else "bisect_step_good"
    return phrase(lang, key, **told, sure=percent_digits(step.sure, 4))


def _told(journal: BisectJournal, found: Sequence[Revision], place: Path, lang: str) -> ExitCode:
    """Print what a search came to, and return the exit code of that."""
    from flopsbench.track.history.revisions.bisect import suspects

    first = journal.steps[0]
    if first.verdict != "bad":
        print(phrase(lang, "bisect_not_seen", path=str(place)))
        return ExitCode.INCONCLUSIVE
    left = suspects(journal, found)
    if len(left) == 1:
        print(phrase(lang, "bisect_found", commit=left[0].title))
        return ExitCode.DONE
    print(phrase(lang, "bisect_among", count=len(left)))
    for revision in left:
        print(f"  {revision.title}")
    return ExitCode.INCONCLUSIVE
