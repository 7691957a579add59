"""Reads and fills a history: a folder of Results, which is one series of rates for each case on each machine.

The files are placed as ``result.place`` says: named by their content and never edited, so that git merges two branches
of a history without a conflict.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.dtype import Unit
from flopsbench.errors import DocumentRejected, NotComparable
from flopsbench.result.codec import decode, identity
from flopsbench.result.files import load_folder, named, read_bytes, read_regular, write, writing
from flopsbench.result.keys import case_id
from flopsbench.result.place import relative_path
from flopsbench.result.types import Case, Result
from flopsbench.text import moment_of
from flopsbench.track.differences import UNKNOWN, keys
from flopsbench.words.reason import Reason

ID_DIGITS = 8
CLOCKS_MAY_DIFFER = timedelta(days=1)

Place = tuple[str, str, str]  # where a case runs: hardware key, name of the device, case with the device's index


class Point(NamedTuple):
    """A Point is one rate in the series' unit, its interval, the Result it is from, and its share of the ceiling."""

    result: Result
    rate_per_s: float
    low_per_s: float
    high_per_s: float
    share: float | None

    @property
    def ceiling_per_s(self) -> float | None:
        """Return the ceiling that was measured beside the blocks of this point."""
        return self.rate_per_s / self.share if self.share else None


class Series(NamedTuple):
    """A Series is the rates of one case on one machine, oldest first, never empty.

    ``keys`` is what its points have in common: hardware, arithmetic, data, method, profile. Software is not among them:
    that is what is watched.
    """

    case: str
    hardware_key: str
    keys: dict[str, str]
    unit: Unit
    points: list[Point]

    @property
    def place(self) -> Place:
        """Return the machine, the device and the case."""
        return self.hardware_key, self.keys["device"], self.case

    @property
    def newest(self) -> Result:
        """Return the last Result that has a rate of this case."""
        return self.points[-1].result

    def id_at(self, index: int, what: str = "change") -> str:
        """Return the id of an event of the kind ``what`` at the point ``index``, as ``event_id`` makes it."""
        return event_id(what, self.case, self.keys, self.points[index].result)


def event_id(what: str, case: str, keys: Mapping[str, str], result: Result) -> str:
    """Return the id of an event of a series at one Result: 8 hexadecimal digits, on every machine the same.

    ``what`` is the kind of event: "change", "missing" or "failed". A user accepts the event by this id.
    """
    text = "\n".join([what, case, *keys.values(), result.id])
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


class History(NamedTuple):
    """A History is the Results of a folder, oldest first, without their blocks.

    ``rejected`` says which files are no Results, and why.
    """

    folder: Path
    results: list[Result]
    rejected: list[str]


class Added(NamedTuple):
    """An Added says what became of one Result that was to be filed, and where it lies in the history.

    It is ``new`` there, was damaged there and is ``healed``, was there already, or was ``refused`` for a reason.
    ``alike`` are the Results of its machine and profile that are then there.
    """

    path: Path
    alike: int = 0
    new: bool = False
    healed: bool = False
    refused: str | None = None


def read_history(folder: Path) -> History:
    """Read every Result below ``folder``, even beside files that are none.

    Raise NotComparable for no folder or an empty one, DocumentRejected where no file is a Result.
    """
    if not folder.is_dir():
        raise NotComparable(Reason("no_history", folder=folder))
    history = _read(folder)
    if not history.results and history.rejected:
        raise DocumentRejected(Reason("history_without_result", folder=folder, first=history.rejected[0]))
    if not history.results:
        raise NotComparable(Reason("history_empty", folder=folder))
    return history


def _read(folder: Path) -> History:
    """Read every Result below a folder, which may be empty or absent."""
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
    return replace(result, cases=[replace(case, processes=[]) for case in result.cases])


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
    alike = Counter(map(_alike, known))
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
        alike[_alike(result)] += added.new or added.healed
        added = added._replace(alike=alike[_alike(result)])
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


def places(result: Result) -> Iterator[tuple[Place, Case]]:
    """Yield every case of a Result, measured or not, with its place."""
    names = {device.id: device.name for device in result.devices}
    for case in result.cases:
        yield (result.host.hardware_key, names.get(case.device, UNKNOWN), case_id(case)), case


def series_keys(result: Result, case: Case) -> dict[str, str]:
    """Return what the rates of one series have in common: the comparability keys, and the profile, which moves them."""
    return keys(result, case) | {"profile": result.tool.profile}


def all_series(results: Sequence[Result]) -> list[Series]:
    """Return the series of Results that are given oldest first, by machine and case.

    Where the arithmetic, the data, the method or the profile of a case changed on a machine, a new series began, and
    the old one is left out: it can have no news.
    """
    found: dict[tuple[Place, tuple[str, ...]], Series] = {}
    latest: dict[Place, Series] = {}
    for result in results:
        for place, case in places(result):
            if case.stats is None:
                continue
            same = series_keys(result, case)
            series = found.setdefault(
                (place, tuple(same.values())), Series(case_id(case), place[0], same, case.stats.unit, [])
            )
            rate = case.stats.rate
            series.points.append(Point(result, rate.median, rate.low, rate.high, case.stats.efficiency.ceiling))
            latest[place] = series
    return [latest[place] for place in sorted(latest)]
