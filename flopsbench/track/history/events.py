"""Finds the events of a history by the ids under which they are told, to accept them or to look for their commit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.track.history.absence import absences
from flopsbench.track.history.folder import History
from flopsbench.track.history.judge import ACK_REACH, display_names, judge_series
from flopsbench.track.history.series import Series, all_series
from flopsbench.words.reason import Reason

MOST_NAMED = 8  # events that an error lists


class Suspects(NamedTuple):
    """Suspects are the commits among which a level changed: after ``good``, and at the latest with ``bad``.

    ``step`` is by how much, in logarithms.
    """

    series: Series
    good: str
    bad: str
    step: float


def nameable(history: History) -> dict[str, str]:
    """Return the case of every change that can be accepted, by the change's id; cases that are gone come first."""
    series = all_series(history.results)
    absent = absences(history.results, series)
    names = display_names([*(each.place for each in series), *absent])
    gone = {found.id: names[place] for place, found in absent.items() if found.verdict != "inconclusive"}
    changed = {each.id_at(at): names[each.place] for each in series for at in _change_points(each)}
    return gone | changed


def nearby(history: History) -> dict[str, str]:
    """Return the cases of today's changes by the ids that an earlier check may have printed for them."""
    series = all_series(history.results)
    names = display_names(each.place for each in series)
    return {
        each.id_at(index): names[each.place]
        for each in series
        for at in _change_points(each)
        for index in _within_reach(each, at)
    }


def change_range(history: History, id: str) -> Suspects:
    """Return the commits among which the change of that id lies; its place may have moved since the id was printed.

    Raise UsageError for an id that no change has, and where the Results before and after it do not name their commits.
    """
    series = all_series(history.results)
    found = [(each, *step) for each in series for step in _steps(each)]
    exact = (step for step in found if step[0].id_at(step[1]) == id)
    moved = (step for step in found if id in {step[0].id_at(index) for index in _within_reach(*step[:2])})
    each, at, by = next(exact, None) or next(moved, (None, 0, 0.0))
    if each is None:
        raise unknown_event(history, id)
    good, bad = (each.points[index].commit for index in (at - 1, at))
    if good is None or bad is None:
        raise UsageError(Reason("commits_not_named", change=id))
    return Suspects(each, good, bad, by)


def unknown_event(history: History, id: str) -> UsageError:
    """Return the error that a history has no event of that id, with those that it has."""
    names = nameable(history)
    told = ", ".join(f"{known} ({name})" for known, name in list(names.items())[:MOST_NAMED])
    where = {"change": id, "folder": history.folder}
    return UsageError(Reason("no_change_known", **where, known=told) if told else Reason("no_change_at_all", **where))


def _change_points(series: Series) -> Iterator[int]:
    """Yield the points at which the level of a series changed."""
    return (at for at, _ in _steps(series))


def _steps(series: Series) -> Iterator[tuple[int, float]]:
    """Yield the points at which the level of a series changed, and by how much, in logarithms."""
    segments = judge_series(series, {}).segments
    return ((after.start, after.level - before.level) for before, after in pairwise(segments))


def _within_reach(series: Series, at: int) -> range:
    """Return the points at which a change may have lain when it was told, that is now at one of them."""
    return range(max(at - ACK_REACH, 1), min(at + ACK_REACH + 1, len(series.points)))
