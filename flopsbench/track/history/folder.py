"""Reads and fills a history: a folder of Results.

The files are placed as ``result.place`` says: named by their content and never edited, so that git merges two branches
of a history without a conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.errors import DocumentRejected, NotComparable
from flopsbench.result.codec import decode, identity
from flopsbench.result.files import load_folder, named, read_bytes, read_regular, write, writing
from flopsbench.result.place import relative_path
from flopsbench.result.types import Result
from flopsbench.text import moment_of
from flopsbench.track.history.commits import NO_COMMITS, Commits, in_order, read_commits
from flopsbench.track.history.series import commit_of, point_key
from flopsbench.words.reason import Reason

CLOCKS_MAY_DIFFER = timedelta(days=1)


class History(NamedTuple):
    """A History is the Results of a folder in the order of their commits, without their blocks.

    ``rejected`` says which files are no Results, and why; ``commits`` is what the project's repository knows.
    """

    folder: Path
    results: list[Result]
    rejected: list[str]
    commits: Commits = NO_COMMITS


class Added(NamedTuple):
    """An Added says what became of one Result that was to be filed, and where it lies in the history.

    It is ``new`` there, was damaged there and is ``healed``, was there already, or was ``refused`` for a reason.
    ``points`` counts the commits, or Results that name none, which its machine and profile then have there;
    ``names_commit`` says which of the two it is.
    """

    path: Path
    new: bool = False
    healed: bool = False
    refused: str | None = None
    points: int = 0
    names_commit: bool = False


def read_history(folder: Path, project: Path = Path()) -> History:
    """Read every Result below ``folder``, even beside files that are none; ``project`` lies in the repository measured.

    Raise NotComparable for no folder or an empty one, DocumentRejected where no file is a Result.
    """
    if not folder.is_dir():
        raise NotComparable(Reason("no_history", folder=folder))
    history = _read(folder)
    if not history.results and history.rejected:
        raise DocumentRejected(Reason("history_without_result", folder=folder, first=history.rejected[0]))
    if not history.results:
        raise NotComparable(Reason("history_empty", folder=folder))
    commits = read_commits(history.results, project)
    return history._replace(results=in_order(history.results, commits), commits=commits)


def _read(folder: Path) -> History:
    """Read every Result below a folder, which may be empty or absent, as they were measured: oldest first."""
    found, rejected = load_folder(folder, lambda path: _without_blocks(_genuine(path, read_regular)[1]))
    results = {result.id: result for result in found}  # a copy of a file adds nothing
    return History(folder, sorted(results.values(), key=_age), rejected)


def _age(result: Result) -> tuple[str, str]:
    """Return what Results are ordered by; the id decides between two of one second."""
    return result.created, result.id


def _genuine(path: Path, read: Callable[[Path], bytes] = read_bytes) -> tuple[bytes, Result]:
    """Return a Result as it was written, with its bytes; raise DocumentRejected with the file's name for anything else.

    One side of an A/B is rejected too: it ran in turns with its other side, and at another pace for that.
    """
    with named(path):
        document = read(path)
        result = decode(document)
        if identity(document, result.id) != result.id:
            raise DocumentRejected(Reason("id_unfit"))
        if result.tool.profile == "ab":
            raise DocumentRejected(Reason("ab_no_history"))
    return document, result


def _without_blocks(result: Result) -> Result:
    """Return a Result without the seconds of its blocks: no series needs them, and they would fill the memory."""
    cases = [replace(case, processes=[]) for case in result.cases]
    return replace(result, cases=cases, calls=[replace(call, processes=[]) for call in result.calls])


def add_results(
    paths: Iterable[Path],
    folder: Path,
    *,
    backfill: bool = False,
    now: datetime | None = None,
    on_filed: Callable[[Added], None] = lambda _: None,
) -> list[Added]:
    """File Results in the history, oldest first; what may not join is told with its reason, the others are filed.

    Refused is what is no Result, what was changed after it was written, one side of an A/B, what is dated more than a
    day after ``now``, and, unless ``backfill``, what is older than the newest Result of its machine: the clock went
    backwards, or an old file was passed. A file of the history that was damaged is written again. Raise UsageError
    where the folder cannot be written: ``on_filed`` has then told of each that was filed before.
    """
    now = now or datetime.now(UTC)
    refused, accepted = [], []
    for path in paths:
        try:
            document, result = _genuine(path)
            _check_date(result, path, now)
            accepted.append((path, document, result))
        except DocumentRejected as error:
            refused.append(Added(path, refused=error.reason))
    known = _read(folder).results
    newest = {result.host.hardware_key: result for result in known}  # the last one wins
    points = defaultdict[tuple[str, str, int], set[str]](set)
    for result in known:
        points[_alike(result)].add(point_key(result))
    filed = []
    for path, document, result in sorted(accepted, key=lambda each: _age(each[2])):
        last = newest.get(result.host.hardware_key)
        target = folder / relative_path(result)
        if target.exists():
            added = _heal(target, document)
        elif last and result.created < last.created and not backfill:
            added = Added(path, refused=Reason("at_path", path=path, error=_too_old(result, last)))
        else:
            added = Added(_write(target, document), new=True)
            newest[result.host.hardware_key] = result
        if added.new or added.healed:
            points[_alike(result)].add(point_key(result))
        added = added._replace(points=len(points[_alike(result)]), names_commit=commit_of(result) is not None)
        filed.append(added)
        if not added.refused:
            on_filed(added)
    return filed + refused


def _alike(result: Result) -> tuple[str, str, int]:
    """Return what Results share that can be points of one series."""
    return result.host.hardware_key, result.tool.profile, result.method_version


def _heal(target: Path, document: bytes) -> Added:
    """Write a file of the history again where it does not hold these bytes, as its name, made of their digest, says."""
    if not target.is_file():
        return Added(target, refused=Reason("target_not_regular", target=target))
    try:
        whole = target.read_bytes() == document
    except OSError:
        whole = False
    return Added(target) if whole else Added(_write(target, document), healed=True)


def _check_date(result: Result, path: Path, now: datetime) -> None:
    """Raise DocumentRejected for a Result that is dated more than a day after ``now``."""
    if moment_of(result.created) > now + CLOCKS_MAY_DIFFER:
        raise DocumentRejected(Reason("dated_ahead", path=path, created=result.created, now=f"{now:%Y-%m-%d}"))


def _too_old(result: Result, last: Result) -> str:
    """Return why a Result that is older than the last of its machine is refused."""
    return Reason("older_than_newest", created=result.created, last=last.created)


def _write(target: Path, document: bytes) -> Path:
    """Write the bytes as they came: they may hold fields of a newer version, and the id belongs to them.

    Raise UsageError where they cannot be written.
    """
    with writing(target, Reason("choose_other_history")):
        return write(target, document)
