"""Makes the series of a history: the rates of each case, and of each call, on each machine, with a point per commit."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from flopsbench.dtype import Unit
from flopsbench.result.facts import short_commit
from flopsbench.result.keys import Tracked, name_of
from flopsbench.result.types import Result, Stats
from flopsbench.stats import known_median
from flopsbench.track.differences import UNKNOWN, devices_of_calls, keys
from flopsbench.words.reason import Reason

ID_DIGITS = 8

Place = tuple[str, str, str]  # where it runs: hardware key, name of the device; then its name, as ``name_of`` gives it


class Point(NamedTuple):
    """A Point is the rate at one commit, or of one Result that names no commit, in the unit of its series.

    Of several ``results``, oldest first, ``rate_per_s`` is the median of their rates, the interval holds all of theirs,
    and ``share``, of the ceiling, is the median of those that are known. A job that is run again joins its commit.
    """

    results: tuple[Result, ...]
    rate_per_s: float
    low_per_s: float
    high_per_s: float
    share: float | None

    @property
    def result(self) -> Result:
        """Return the first Result, whose environment is told: it was measured when its neighbours were."""
        return self.results[0]

    @property
    def commit(self) -> str | None:
        """Return the commit that was measured; None where the Result names none."""
        return commit_of(self.result)

    @property
    def day(self) -> str:
        """Return the day of the commit, or of the Result that names no commit: "2024-01-21"."""
        return day_of(self.result)

    @property
    def ceiling_per_s(self) -> float | None:
        """Return the ceiling that was measured beside the blocks of this point."""
        return self.rate_per_s / self.share if self.share else None


class Series(NamedTuple):
    """A Series is the rates of one case or call on one machine, oldest first, never empty.

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
        return self.points[-1].results[-1]

    def id_at(self, index: int, what: str = "change") -> str:
        """Return the id of an event of the kind ``what`` at the point ``index``, as ``event_id`` makes it."""
        return event_id(what, self.case, self.keys, self.points[index].result)


def event_id(what: str, case: str, keys: Mapping[str, str], result: Result) -> str:
    """Return the id of an event of a series at one Result: 8 hexadecimal digits, on every machine the same.

    ``what`` is the kind of event: "change", "missing" or "failed". A user accepts the event by this id.
    """
    text = "\n".join([what, case, *keys.values(), result.id])
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def commit_of(result: Result) -> str | None:
    """Return the commit of the project that a Result measured; None where it names none."""
    return (result.source.commit if result.source else None) or None


def moment_told(result: Result) -> str:
    """Return when the commit of a Result was made, as far as the Result knows; else when it was measured."""
    return (result.source.committed if result.source else None) or result.created


def day_of(result: Result) -> str:
    """Return the day of ``moment_told``."""
    return moment_told(result)[:10]


def dated(result: Result) -> str:
    """Return the day of a Result, with its commit where it names one: "2024-01-21", "2024-01-21 1a2b3c4"."""
    commit = commit_of(result)
    return f"{day_of(result)} {short_commit(commit)}" if commit else day_of(result)


def point_key(result: Result) -> str:
    """Return what the Results of one point have in common: their commit, or the only Result's id."""
    return commit_of(result) or result.id


def places(result: Result) -> Iterator[tuple[Place, Tracked]]:
    """Yield every case and every call of a Result, measured or not, with its place."""
    names = {device.id: device.name for device in result.devices}
    for case in result.cases:
        yield (result.host.hardware_key, names.get(case.device, UNKNOWN), name_of(case)), case
    for call in result.calls:
        yield (result.host.hardware_key, devices_of_calls(result), name_of(call)), call


def series_keys(result: Result, tracked: Tracked) -> dict[str, str]:
    """Return what the rates of one series have in common: the comparability keys, and the profile, which moves them."""
    return keys(result, tracked) | {"profile": result.tool.profile}


def all_series(results: Sequence[Result]) -> list[Series]:
    """Return the series of Results that are given in the order of their commits, by machine and case.

    Where the arithmetic, the data, the method or the profile of a case changed on a machine, a new series began, and
    the old one is left out: it can have no news.
    """
    found: dict[tuple[Place, tuple[str, ...]], dict[str, list[tuple[Result, Stats]]]] = {}
    latest: dict[Place, tuple[dict[str, str], dict[str, list[tuple[Result, Stats]]]]] = {}
    for result in results:
        at = point_key(result)
        for place, tracked in places(result):
            if tracked.stats is None:
                continue
            same = series_keys(result, tracked)
            points = found.setdefault((place, tuple(same.values())), defaultdict(list))
            points[at].append((result, tracked.stats))
            latest[place] = same, points
    return [_series(place, *latest[place]) for place in sorted(latest)]


def _series(place: Place, same: dict[str, str], measured: Mapping[str, list[tuple[Result, Stats]]]) -> Series:
    """Return the series of what was measured at each point."""
    hardware_key, _, name = place
    unit = next(stats.unit for each in measured.values() for _, stats in each)
    return Series(name, hardware_key, same, unit, [_point(each) for each in measured.values()])


def _point(measured: Sequence[tuple[Result, Stats]]) -> Point:
    """Return the point of one commit, or of one Result."""
    rates = [stats.rate for _, stats in measured]
    return Point(
        tuple(result for result, _ in measured),
        median(rate.median for rate in rates),
        min(rate.low for rate in rates),
        max(rate.high for rate in rates),
        known_median(stats.efficiency.ceiling for _, stats in measured),
    )


def counted(number: int) -> str:
    """Return a number of Results in words: "1 Result", "2 Results"."""
    return Reason("one_result") if number == 1 else Reason("some_results", count=number)


def counted_commits(number: int) -> str:
    """Return a number of commits in words: "1 commit", "2 commits"."""
    return Reason("one_commit") if number == 1 else Reason("some_commits", count=number)


def counted_points(points: Sequence[Point], number: int | None = None) -> str:
    """Return how many points there are, or a ``number`` of such, in words: commits where each is one, else Results."""
    many = len(points) if number is None else number
    return counted_commits(many) if all(point.commit for point in points) else counted(many)
