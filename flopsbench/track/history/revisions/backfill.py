"""Measures past commits of a project, each installed by itself, and files their Results in its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import FlopsbenchError, NotComparable
from flopsbench.host.identity import this_hardware_key
from flopsbench.result.files import save
from flopsbench.result.types import Options, Result
from flopsbench.runs.bounds.scratch import scratch_folder
from flopsbench.track.ab.side import Side, prepared
from flopsbench.track.ab.spec import Spec
from flopsbench.track.history.folder import add_results, read_history
from flopsbench.track.history.revisions.listed import Revision
from flopsbench.track.history.series import commit_of

Measure = Callable[[Side], Result]


class Filled(NamedTuple):
    """A Filled is what became of one commit: its Result lies at ``path``, was there before, or there is none.

    ``failed`` says why there is none.
    """

    revision: Revision
    path: Path | None = None
    failed: str | None = None

    @property
    def known(self) -> bool:
        """Return whether it was measured before, so that nothing was done."""
        return self.path is None and self.failed is None


def backfill(
    found: Sequence[Revision], folder: Path, measure: Measure, options: Options, install: str
) -> Iterator[Filled]:
    """Measure each commit that this machine has not measured by these options, and yield what became of it.

    One that cannot be installed or measured is told with its reason, and the rest go on. Raise UsageError where the
    history cannot be written.
    """
    known = measured_commits(folder, options)
    for revision in found:
        if revision.commit in known:
            yield Filled(revision)
            continue
        try:
            with side_of(revision.commit, options, install) as side:
                result = measure(side)
        except FlopsbenchError as error:
            yield Filled(revision, failed=error.reason)
            continue
        yield Filled(revision, path=_filed(result, folder))


def side_of(commit: str, options: Options, install: str) -> AbstractContextManager[Side]:
    """Return the side that a commit is, to be entered: it is checked out and installed for as long."""
    return prepared(Spec(f"git={commit}", git=commit), options, install)


def measured_commits(folder: Path, options: Options) -> set[str]:
    """Return the commits that a history has measured on this machine by these options."""
    try:
        results = read_history(folder).results
    except NotComparable:  # there is none yet
        return set()
    here = this_hardware_key()
    alike = (each for each in results if each.host.hardware_key == here and each.tool.options == options)
    return {commit for each in alike if (commit := commit_of(each))}


def _filed(result: Result, folder: Path) -> Path:
    """File a Result in the history and return its place."""
    with scratch_folder() as temporary:
        (added,) = add_results([save(result, temporary / "result.json")], folder, backfill=True)
    if added.refused:
        raise FlopsbenchError(added.refused)
    return added.path
