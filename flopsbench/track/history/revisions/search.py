"""Compares commits for a search: the good end is installed once, each candidate by itself, and one series measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flopsbench.errors import UsageError
from flopsbench.problem import Amount, shape_text
from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, Options
from flopsbench.runs.request import options_of
from flopsbench.track import defaults
from flopsbench.track.ab.ab import ab
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.run import ab_calls
from flopsbench.track.calls.target import CallTarget, target_of
from flopsbench.track.comparison import Change
from flopsbench.track.history.events import Suspects
from flopsbench.track.history.revisions.backfill import side_of
from flopsbench.track.history.revisions.bisect import BisectJournal, CompareWithGood
from flopsbench.words.reason import Reason


def begun(change: str, where: Suspects) -> BisectJournal:
    """Return a search that has taken no step; its step is the change as the history has it, a logarithm."""
    return BisectJournal(change, where.good, where.bad, where.step)


@contextmanager
def comparing(where: Suspects, install: str = defaults.INSTALL) -> Iterator[CompareWithGood]:
    """Yield what compares a commit with the good end, which stays installed as long.

    Raise UsageError where the good end cannot be installed.
    """
    options, target = _measured(where)
    with side_of(where.good, options, install) as good:

        def compare(commit: str, pairs: int, margin: float) -> Change:
            with side_of(commit, options, install) as candidate:
                return _compared(where, good, candidate, target, pairs, margin)

        yield compare


def _compared(
    where: Suspects, good: Side, candidate: Side, target: CallTarget | None, pairs: int, margin: float
) -> Change:
    """Return the change of the one series between two sides; raise KeyboardInterrupt where it was interrupted."""
    name = where.series.case
    if target:
        outcome = ab_calls(good, candidate, target, pairs=pairs, margin=margin, only=name)
    else:
        outcome = ab(good, candidate, pairs=pairs, margin=margin)
    if outcome.comparison.interrupted:
        raise KeyboardInterrupt
    found = [change for change in outcome.comparison.changes if change.case == name]
    if not found:
        raise UsageError(Reason("commit_lacks_case", case=name))
    return found[0]


def _measured(where: Suspects) -> tuple[Options, CallTarget | None]:
    """Return how the series is measured: the options of its case alone, or those of its run with the target."""
    newest = where.series.newest
    for case in newest.cases:
        if case_id(case) == where.series.case:
            return _options(case), None
    call = next(call for call in newest.calls if call.name == where.series.case)
    (title,) = newest.tool.options.calls
    return options_of(["auto"]), target_of(title, Amount(call.amount, call.unit, 0))


def _options(case: Case) -> Options:
    """Return options that ask for one case alone."""
    return options_of([case.device], [case.backend], [case.dtype], [shape_text(case.m, case.n, case.k)], [case.kernel])
