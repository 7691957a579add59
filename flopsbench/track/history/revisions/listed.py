"""Lists the commits of a range, as git has them on the first parents' line: what was merged counts as its merge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.git.apart import apart, printed
from flopsbench.host.git.checkout import find_checkout
from flopsbench.host.git.program import GitFailed
from flopsbench.result.facts import short_commit
from flopsbench.text import seen, shortened
from flopsbench.track.ab.commit import find_commit
from flopsbench.words.reason import Reason

LONGEST_SUBJECT = 60  # characters of a subject line in a list of steps


class Revision(NamedTuple):
    """A Revision is a commit by its hash, with its subject line."""

    commit: str
    subject: str

    @property
    def title(self) -> str:
        """Return what people call it: "1a2b3c4 Tune the kernel"."""
        return f"{short_commit(self.commit)} {self.subject}".rstrip()


def revisions(text: str) -> list[Revision]:
    """Return the commits of "A..B", oldest first and A not among them, or the one commit of "B".

    Raise UsageError for what git does not know, and for a range without commits.
    """
    good, dots, bad = text.partition("..")
    if not dots:
        return _listed("--max-count=1", find_commit(good))
    found = _listed(f"{find_commit(good or 'HEAD')}..{find_commit(bad.removeprefix('.') or 'HEAD')}")
    if not found:
        raise UsageError(Reason("range_empty", range=repr(text)))
    return found


def between(good: str, bad: str) -> list[Revision]:
    """Return the commits after ``good`` up to ``bad``, oldest first; raise UsageError where that is no descendant."""
    found = _listed(f"{find_commit(good)}..{find_commit(bad)}")
    if not found or not _is_ancestor(good, bad):
        raise UsageError(Reason("no_descendant", good=short_commit(good), bad=short_commit(bad)))
    return found


def every(found: Sequence[Revision], step: int) -> list[Revision]:
    """Return each so many commits, counted from the newest, which is among them; and the oldest."""
    chosen = [*found[::-1][::step]][::-1]
    return chosen if chosen[0] == found[0] else [found[0], *chosen]


def _listed(*which: str) -> list[Revision]:
    """Return commits, oldest first."""
    try:
        with apart(find_checkout(Path())) as repository:
            told = printed(repository.ask("log", "--first-parent", "--reverse", "--format=%H %s", *which, "--"))
    except GitFailed as error:
        raise UsageError(Reason("commit_unread", revision=" ".join(which), error=error)) from None
    lines = (line.partition(" ") for line in told.decode(errors="replace").splitlines())
    return [Revision(commit, shortened(seen(subject), LONGEST_SUBJECT)) for commit, _, subject in lines]


def _is_ancestor(good: str, bad: str) -> bool:
    """Return whether one commit is among the ancestors of another."""
    try:
        with apart(find_checkout(Path())) as repository:
            return repository.ask("merge-base", "--is-ancestor", good, bad).returncode == 0
    except GitFailed:
        return False
