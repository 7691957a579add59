"""Asks the repository of a project about the commits of a history: in which order they come, and what they are called.

Git works in a repository apart, so that nothing that a checkout names is run. Where there is no repository, or it lacks
commits, the dates in the Results place them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.git.apart import Repository, apart, printed
from flopsbench.host.git.checkout import COMMIT, Checkout, find_checkout, read_text
from flopsbench.host.git.program import GitFailed
from flopsbench.result.facts import short_commit
from flopsbench.result.types import Result
from flopsbench.text import seen, shortened
from flopsbench.track.history.series import Point, commit_of, counted_commits, moment_told, point_key
from flopsbench.words.reason import Reason

LONGEST_SUBJECT = 100  # characters of a subject line that are shown


class KnownCommit(NamedTuple):
    """A KnownCommit is what git tells of a commit: the day on which its author made it, and its subject line."""

    day: str
    subject: str


class Commits(NamedTuple):
    """Commits are what a repository knows of those that a history names; nothing where there is none.

    ``known`` are those that it has, by their hashes, ancestors first. ``note`` says what it lacks.
    """

    checkout: Checkout | None = None
    known: Mapping[str, KnownCommit] = {}
    note: str | None = None

    def between(self, good: str, bad: str) -> int | None:
        """Return how many commits lie between two; None where the repository does not have both."""
        if self.checkout is None or not {good, bad} <= self.known.keys():
            return None
        return _between(self.checkout, good, bad)


NO_COMMITS = Commits()


class CommitRange(NamedTuple):
    """A CommitRange is where a level changed: after the commit ``good``, and at the latest with ``bad``.

    Either is None where the Results name no commit. ``day`` is that of ``bad`` as far as its Result knows, ``faster``
    whether it changed for the better.
    """

    good: str | None
    bad: str | None
    day: str
    faster: bool


def range_at(points: Sequence[Point], index: int, faster: bool) -> CommitRange:
    """Return the range of commits of a change at one point, which is not the first."""
    before, after = points[index - 1 : index + 1]
    return CommitRange(before.commit, after.commit, after.day, faster)


def blamed(where: CommitRange, commits: Commits) -> Iterator[str]:
    """Yield the sentence that names the first commit of a change, or those among which it is; none without commits."""
    if where.bad is None:
        return
    what = Reason("first_better_commit") if where.faster else Reason("first_bad_commit")
    told = {"what": what, "commit": _called(where.bad, where.day, commits)}
    if where.good is None:
        yield Reason("commit_at_the_latest", **told)
        return
    between = commits.between(where.good, where.bad)
    ends = {"good": short_commit(where.good), "bad": short_commit(where.bad)}
    if between is None:
        yield Reason("commit_in_range", **told, **ends)
    elif between:
        yield Reason("commit_among", **told, **ends, between=counted_commits(between))
    else:
        yield Reason("commit_found", **told)


def _called(commit: str, day: str, commits: Commits) -> str:
    """Return a commit in words: its hash in short, its day, and its subject line where that is known."""
    known = commits.known.get(commit, KnownCommit(day, ""))
    told = {"commit": short_commit(commit), "day": known.day}
    if known.subject:
        return Reason("commit_and_subject", **told, subject=known.subject)
    return Reason("commit_of_day", **told)


def read_commits(results: Iterable[Result], project: Path) -> Commits:
    """Return what the repository around a folder knows of the commits that some Results name."""
    named = dict.fromkeys(commit for result in results if (commit := commit_of(result)) and COMMIT.fullmatch(commit))
    if not named:
        return NO_COMMITS
    try:
        checkout = find_checkout(project)
        if checkout is None:
            return NO_COMMITS
        with apart(checkout) as repository:
            known = _known(repository, named)
        return Commits(checkout, known, _note(checkout, len(named) - len(known), len(known)))
    except GitFailed as error:
        return Commits(note=Reason("commits_unread", error=error))


def _known(repository: Repository, named: Iterable[str]) -> dict[str, KnownCommit]:
    """Return the commits that a repository has, ancestors first; the past before the oldest of them is not walked."""
    known = dict(_described(repository, named))
    if not known:
        return {}
    *_, oldest = known
    order = [oldest, *_walked(repository, [*known, f"^{oldest}"])]
    if not known.keys() <= set(order):  # some of its ancestors are known, whose clocks were ahead
        order = _walked(repository, known)
    return {commit: known[commit] for commit in order if commit in known}


def _walked(repository: Repository, commits: Iterable[str]) -> list[str]:
    """Return commits and their ancestors, ancestors first, without those of commits that have a "^" before them."""
    return _listed(repository, commits, "--topo-order", "--reverse").split()


def _described(repository: Repository, named: Iterable[str]) -> Iterator[tuple[str, KnownCommit]]:
    """Yield the commits that a repository has, the newest date first, with days in UTC and subject lines."""
    lines = _listed(repository, named, "--no-walk=sorted", "--date=short-local", "--format=%ad %s").split("\n")
    for head, told in zip(lines[::2], lines[1::2], strict=False):
        day, _, subject = told.partition(" ")
        yield head.removeprefix("commit "), KnownCommit(day, shortened(seen(subject), LONGEST_SUBJECT))


def _listed(repository: Repository, commits: Iterable[str], *options: str) -> str:
    """Return what git lists of commits, of which those that it lacks are left out."""
    given = "".join(f"{commit}\n" for commit in commits).encode()
    told = printed(repository.ask("rev-list", *options, "--ignore-missing", "--stdin", given=given))
    return told.decode(errors="replace")


def _note(checkout: Checkout, absent: int, found: int) -> str | None:
    """Return what to say of commits that a repository lacks; nothing where it is that of another project."""
    if not absent:
        return None
    if read_text(checkout.shared / "shallow", ""):
        return Reason("clone_is_shallow", commits=counted_commits(absent))
    return Reason("commits_elsewhere", commits=counted_commits(absent)) if found else None


@cache  # the series of a history mostly change at the same commits
def _between(checkout: Checkout, good: str, bad: str) -> int | None:
    """Return how many commits lie between two that a repository has; None where git gives no answer."""
    try:
        with apart(checkout) as repository:
            count = repository.word("rev-list", "--count", f"{good}..{bad}")
    except GitFailed:
        return None
    return max(int(count) - 1, 0) if count else None


def in_order(results: Iterable[Result], commits: Commits) -> list[Result]:
    """Return Results in the order of their commits, and those of one commit as they were measured.

    Commits that git knows come as it has them. Every other, and a Result without one, comes before the first commit
    that is younger.
    """
    oldest_first = sorted(results, key=lambda result: (result.created, result.id))
    began: dict[str, str] = {}
    for result in oldest_first:
        key, moment = point_key(result), moment_told(result)
        began[key] = min(moment, began.get(key, moment))
    places: dict[str, tuple[str, int]] = {}
    latest = ""
    for number, commit in enumerate((each for each in commits.known if each in began), 1):
        latest = max(latest, began[commit])
        places[commit] = latest, number

    def place(result: Result) -> tuple[tuple[str, int], str]:
        key = point_key(result)
        return places.get(key, (began[key], 0)), key

    return sorted(oldest_first, key=place)  # which keeps the order of equals
