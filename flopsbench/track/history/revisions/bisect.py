"""Finds the commit at which a level changed: halves the range between two known ones, each step an A/B in pairs.

Each candidate is compared with the good end, against half of the change that is looked for: a candidate is bad where it
is slower by more than that, good where it is not, and neither where the pairs do not tell. Such a step is taken again
with as many pairs as can be counted, and then another commit is tried: nothing is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from flopsbench.errors import DocumentRejected, FlopsbenchError, UsageError
from flopsbench.result.files import named, read_regular, write, writing
from flopsbench.result.types import Record
from flopsbench.track.ab.sign_flip import MOST_PAIRS
from flopsbench.track.comparison import Change
from flopsbench.track.history.revisions.listed import Revision
from flopsbench.words.reason import Reason

Goodness = Literal["good", "bad", "unknown"]
SURE = 0.975  # of a candidate that lies wholly on one side of half the change
HALF = 0.5


class BisectStep(Record, frozen=True):
    """A BisectStep is one commit that was compared with the good end.

    ``estimate``, ``low`` and ``high`` are its change, ``sure`` is the probability with which the pairs tell; ``why`` is
    there where they do not.
    """

    commit: str
    verdict: Goodness
    pairs: int
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    sure: float | None = None
    why: str | None = None


class BisectJournal(Record, frozen=True):
    """A BisectJournal is a search so far: of which change, between which commits, and every step that was taken."""

    change: str
    good: str
    bad: str
    step: float
    steps: tuple[BisectStep, ...] = ()
    schema: Literal["flopsbench.bisect"] = "flopsbench.bisect"


# Compares a commit with the good end by so many pairs at a margin.
CompareWithGood = Callable[[str, int, float], Change]


def bisect(
    journal: BisectJournal,
    found: Sequence[Revision],
    compare: CompareWithGood,
    pairs: int,
    on_step: Callable[[BisectJournal], None],
) -> BisectJournal:
    """Take steps until one commit is left, or none that can be told; ``on_step`` is called with each journal.

    ``found`` are the commits after the good end, oldest first, the last one bad. That is compared first: where the
    change is not seen here, there is nothing to look for, and no other step is taken.
    """
    while (commit := next_commit(journal, found)) is not None:
        step = _taken(commit, journal.step, compare, pairs)
        journal = msgspec.structs.replace(journal, steps=(*journal.steps, step))
        on_step(journal)
    return journal


def next_commit(journal: BisectJournal, found: Sequence[Revision]) -> str | None:
    """Return the commit to compare next: first the bad end, then what is nearest to the middle of what is left."""
    told = {step.commit: step.verdict for step in journal.steps}
    if journal.bad not in told:
        return journal.bad
    if told[journal.bad] != "bad":
        return None
    first, last = bounds(journal, found)
    left = [at for at in range(first + 1, last) if found[at].commit not in told]
    return found[min(left, key=lambda at: abs(at - (first + last) / 2))].commit if left else None


def bounds(journal: BisectJournal, found: Sequence[Revision]) -> tuple[int, int]:
    """Return between which commits a change lies: after the first, -1 for the good end, up to the last."""
    at = {revision.commit: place for place, revision in enumerate(found)}
    places = {kind: [at[step.commit] for step in journal.steps if step.verdict == kind] for kind in ("good", "bad")}
    last = min(places["bad"], default=len(found) - 1)
    return max((place for place in places["good"] if place < last), default=-1), last


def suspects(journal: BisectJournal, found: Sequence[Revision]) -> list[Revision]:
    """Return the commits that may have made the change: one where the search came to its end."""
    first, last = bounds(journal, found)
    return list(found[first + 1 : last + 1])


def _taken(commit: str, step: float, compare: CompareWithGood, pairs: int) -> BisectStep:
    """Return what a commit is; where the pairs do not tell, with as many as can be counted."""
    margin = abs(math.expm1(HALF * step))
    for count in dict.fromkeys((pairs, MOST_PAIRS)):
        try:
            change = compare(commit, count, margin)
        except FlopsbenchError as error:  # it cannot be installed, or has not what is measured
            return BisectStep(commit, "unknown", 0, why=str(error))
        verdict = _goodness(change, step)
        if verdict != "unknown" or change.estimate is None:
            break
    told = BisectStep(commit, verdict, count, change.estimate, change.low, change.high)
    if verdict == "unknown":
        return msgspec.structs.replace(told, why=change.reason or change.verdict)
    sure = 1 - change.p if verdict == "bad" and step < 0 and change.p is not None else SURE
    return msgspec.structs.replace(told, sure=sure)


def _goodness(change: Change, step: float) -> Goodness:
    """Return on which side of a change of this size, in logarithms, a candidate lies that changed like that."""
    if change.verdict == "unchanged":
        return "good"
    if change.verdict in ("regression", "improvement"):
        return "bad" if (change.verdict == "regression") == (step < 0) else "good"
    return "unknown"


def read_journal(path: Path, begun: BisectJournal) -> BisectJournal:
    """Return a search that was begun before, or the one that begins now where there is none.

    Raise UsageError for that of another change, DocumentRejected for what is none.
    """
    if not path.exists():
        return begun
    try:
        with named(path):
            known = msgspec.json.decode(read_regular(path), type=BisectJournal)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentRejected(Reason("no_bisect_journal", path=path, error=error)) from None
    if (known.change, known.good, known.bad) != (begun.change, begun.good, begun.bad):
        raise UsageError(Reason("journal_of_other_change", path=path, change=known.change))
    return known


def write_journal(path: Path, journal: BisectJournal) -> None:
    """Write a search, whole or not at all; raise UsageError where that is not possible."""
    with writing(path):
        write(path, msgspec.json.format(msgspec.json.encode(journal), indent=1) + b"\n")
