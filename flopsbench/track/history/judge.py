"""Judges a history: for each series, whether its level now is below the level it had."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench import units
from flopsbench.stats import CONFIDENCE
from flopsbench.track import defaults
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.differences import machine, surroundings
from flopsbench.track.history import changepoint
from flopsbench.track.history.absence import Absence, absences
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.changepoint import FEWEST_POINTS, NORMAL, Moved, Segment
from flopsbench.track.history.commits import CommitRange, Commits, blamed, range_at
from flopsbench.track.history.folder import History
from flopsbench.track.history.series import (
    ID_DIGITS,
    Place,
    Point,
    Series,
    all_series,
    counted,
    counted_points,
    dated,
    day_of,
)
from flopsbench.track.verdicts import verdict_of_change
from flopsbench.words.reason import Reason, joined

ACK_REACH = 5  # points that a change point may still move by while points after it come in
NEAR = 3  # points that a change point may lie beside its cause


class JudgedSeries(NamedTuple):
    """A JudgedSeries is a series cut into segments, and the accepted changes by the segments they begin.

    ``reference`` is the level to keep: the highest since the last accepted change. ``fallen`` is the segment that
    first lay below it by more than the margin, unless the level came back.
    """

    series: Series
    segments: list[Segment]
    accepted: dict[Segment, Ack]
    reference: Segment
    fallen: Segment | None

    @property
    def last(self) -> Segment:
        """Return the segment that holds the level now."""
        return self.segments[-1]

    def id_of(self, segment: Segment) -> str:
        """Return the name of the change that a segment begins."""
        return self.series.id_at(segment.start)

    def range_of(self, segment: Segment) -> CommitRange:
        """Return the range of commits in which a segment began, which is not the first."""
        before = self.segments[self.segments.index(segment) - 1]
        return range_at(self.series.points, segment.start, segment.level > before.level)

    def told(self, segment: Segment, commits: Commits) -> list[str]:
        """Return what is known of the beginning of a segment: the commit, and what else differed."""
        return [*blamed(self.range_of(segment), commits), *self.differences(segment)]

    def differences(self, segment: Segment) -> list[str]:
        """Return how the environment of the first point of a segment differs from that of the point before it.

        Where it does not differ, what changed at the nearest point within 3 is returned, saying so.
        """
        points = self.series.points
        nearest = sorted(range(-NEAR, NEAR + 1), key=abs)
        for by in (by for by in nearest if 0 < segment.start + by < len(points)):
            before, after = points[segment.start + by - 1 : segment.start + by + 1]
            if found := surroundings(before.result, after.result):
                return [_beside(line, by, after) for line in found] if by else found
        return []


def _beside(line: str, by: int, point: Point) -> str:
    """Return what changed ``by`` points after a change of the level, or before it where that is negative."""
    told = {"line": line, "results": counted_points([point], abs(by)), "day": point.day}
    return Reason("results_earlier", **told) if by < 0 else Reason("results_later", **told)


class JudgedHistory(NamedTuple):
    """A JudgedHistory is the series of a history, and the Comparison whose first changes are theirs, in their order."""

    series: list[JudgedSeries]
    comparison: Comparison


def judge_history(history: History, acks: Mapping[str, Ack], margin: float = defaults.HISTORY_MARGIN) -> JudgedHistory:
    """Judge every case of the history; ``margin`` is a share."""
    series = all_series(history.results)
    absent = absences(history.results, series)
    names = display_names([*(each.place for each in series), *absent])
    judged = [judge_series(each, acks, margin) for each in series]
    changes = []
    for each in judged:
        place = each.series.place
        change = _change(names[place], each, absent.get(place), acks, margin)
        changes.append(_with_commits(change, each, history.commits))
    never = absent.keys() - {each.place for each in series}
    changes += [_absent(names[place], absent[place], acks) for place in sorted(never)]
    first, last = history.results[0], history.results[-1]
    comparison = Comparison(
        command="track check",
        base=Reason("best_level", folder=history.folder, results=counted(len(history.results)), since=day_of(first)),
        new=Reason("level_now", day=dated(last)),
        margin=margin,
        changes=changes,
        notes=list(_notes(history, [each for each in series if each.place not in absent], names)),
    )
    return JudgedHistory(judged, comparison)


def display_names(places: Iterable[Place]) -> dict[Place, str]:
    """Return what to call each series: its case, with the machine before it where several machines run the case."""
    here = dict.fromkeys(places)
    times = Counter(case for _, _, case in here)
    return {place: place[2] if times[place[2]] == 1 else f"{place_name(place)} {place[2]}" for place in here}


def machine_name(series: Series) -> str:
    """Return the machine of a series in few words."""
    return place_name(series.place)


def place_name(place: Place) -> str:
    """Return the machine of a place in few words: the device's name and the first digits of the hardware key."""
    hardware_key, device, _ = place
    return f"{device} {hardware_key[:ID_DIGITS]}"


def judge_series(series: Series, acks: Mapping[str, Ack], margin: float = defaults.HISTORY_MARGIN) -> JudgedSeries:
    """Cut a series into segments and walk through their levels from the first to the present one.

    A fall stays a fall, whatever smaller moves follow it, until the level has come back or the fall was accepted.
    """
    segments = changepoint.segments(logarithms(series.points))
    accepted = _accepted(series, segments, acks)
    reference, fallen = segments[0], None
    for segment in segments[1:]:
        if segment in accepted:
            reference, fallen = segment, None
        elif _has_fallen(segment.level - reference.level, margin):
            fallen = fallen or segment
        else:
            reference, fallen = max(reference, segment, key=lambda each: each.level), None
    return JudgedSeries(series, segments, accepted, reference, fallen)


def _has_fallen(by: float, margin: float) -> bool:
    """Return whether a level is slower by more than the margin; ``by`` is its change as a logarithm."""
    return verdict_of_change(math.expm1(by), margin) == "regression"


def logarithms(points: Sequence[Point]) -> list[float]:
    """Return the logarithms of the rates, which the segments are cut from."""
    return [math.log(point.rate_per_s) for point in points]


def _accepted(series: Series, segments: Sequence[Segment], acks: Mapping[str, Ack]) -> dict[Segment, Ack]:
    """Return which changes were accepted: for each acknowledgement the nearest, as a change may yet move its place."""
    accepted = {}
    for index in range(1, len(series.points)) if acks and len(segments) > 1 else ():
        if ack := acks.get(series.id_at(index)):
            nearest = min(segments[1:], key=lambda segment: abs(segment.start - index))
            if abs(nearest.start - index) <= ACK_REACH:
                accepted[nearest] = ack
    return accepted


def _change(name: str, judged: JudgedSeries, absence: Absence | None, acks: Mapping[str, Ack], margin: float) -> Change:
    """Return what is told of one series; that its newest run was interrupted does not end a regression."""
    present = _present(name, judged, margin)
    if absence is None or (absence.verdict == "inconclusive" and present.verdict == "regression"):
        return present
    base_per_s = math.exp(median(logarithms(judged.series.points[-FEWEST_POINTS:])))
    return replace(_absent(name, absence, acks), unit=judged.series.unit, base_per_s=base_per_s)


def _absent(name: str, absence: Absence, acks: Mapping[str, Ack]) -> Change:
    """Return what is told of a case without a rate now. It can be accepted until a newer Result has the case."""
    if absence.verdict == "inconclusive":
        return Change(name, "inconclusive", absence.reason)
    if ack := acks.get(absence.id):
        return Change(name, "acknowledged", accepted_as(ack), id=absence.id)
    meant = Reason("meant_gone") if absence.verdict == "missing" else Reason("meant_known")
    reason = Reason("accept_absence", reason=absence.reason, meant=meant, id=absence.id)
    return Change(name, absence.verdict, reason, id=absence.id)


def accepted_as(ack: Ack) -> Reason:
    """Return the sentence that says when and why a change was accepted."""
    return Reason("accepted_on", day=ack.day, reason=ack.reason)


def _present(name: str, judged: JudgedSeries, margin: float) -> Change:
    """Return what is told of a series that goes on."""
    points, last = judged.series.points, judged.last
    values = logarithms(points)
    noise = changepoint.sigma(values)
    now = _between(Change(name, "inconclusive", unit=judged.series.unit), judged.reference.level, last.level)
    if len(points) < FEWEST_POINTS:
        return replace(now, reason=too_few_points(len(points), _are_commits(points)))
    detectable = -math.expm1(-changepoint.smallest_step(len(values), noise, -math.log1p(-margin)))
    now = replace(now, detectable=detectable)
    moved = changepoint.moved(values, last)
    if judged.fallen:
        regression = replace(now, verdict="regression", reason=_why(judged, judged.fallen, moved))
        return _named(_step(regression, judged.reference, last, noise), judged, judged.fallen)
    if moved and _has_fallen(moved.by, margin):
        return _suspected(now, points, last, moved)
    if last in judged.accepted:
        accepted = replace(now, verdict="acknowledged", reason=accepted_as(judged.accepted[last]))
        return _named(_step(accepted, judged.segments[-2], last, noise), judged, last)
    before = judged.segments[-2] if len(judged.segments) > 1 else last
    if verdict_of_change(math.expm1(last.level - before.level), margin) == "improvement":
        improvement = replace(now, verdict="improvement", reason=_since(judged, last, Reason("faster")))
        return _named(_step(improvement, before, last, noise), judged, last)
    return _step(replace(now, verdict="unchanged"), judged.reference, last, noise)


def too_few_points(points: int, are_commits: bool) -> Reason:
    """Return how many more commits, or Results without one, it takes until a change can be called."""
    told = {"points": points, "fewest": FEWEST_POINTS, "more": FEWEST_POINTS - points}
    return Reason("too_few_commits", **told) if are_commits else Reason("too_few_results", **told)


def _are_commits(points: Sequence[Point]) -> bool:
    """Return whether each point is a commit."""
    return all(point.commit for point in points)


def _with_commits(change: Change, judged: JudgedSeries, commits: Commits) -> Change:
    """Return the change of a level and the commits between which it lies, named before all that differs."""
    segment = next((each for each in judged.segments[1:] if judged.id_of(each) == change.id), None)
    if segment is None:
        return change
    where = judged.range_of(segment)
    told = [*blamed(where, commits), *change.differences]
    return replace(change, good_commit=where.good, bad_commit=where.bad, differences=told)


def _between(change: Change, base: float, new: float) -> Change:
    """Return the change with the rates of two levels, which are logarithms."""
    return replace(change, base_per_s=math.exp(base), new_per_s=math.exp(new))


def _step(change: Change, base: Segment, new: Segment, noise: float) -> Change:
    """Return the change with both levels and the relative step between them with its interval.

    Within one segment there is no step.
    """
    change = _between(change, base.level, new.level)
    if base == new:
        return change
    by = new.level - base.level
    reach = NORMAL.inv_cdf((1 + CONFIDENCE) / 2) * changepoint.level_error(noise, base.points, new.points)
    return replace(change, estimate=math.expm1(by), low=math.expm1(by - reach), high=math.expm1(by + reach))


def _named(change: Change, judged: JudgedSeries, segment: Segment) -> Change:
    """Return the change with the id to accept it by, and with what else differed when the segment began."""
    return replace(change, id=judged.id_of(segment), differences=judged.differences(segment))


def _suspected(change: Change, points: Sequence[Point], last: Segment, moved: Moved) -> Change:
    """Return the change of a series whose last points are slower, but too few to be a level."""
    reason = Reason("too_few_to_call", some=_last(points[-moved.points :]))
    change = _between(change, last.level, last.level + moved.by)
    return replace(change, verdict="suspected", reason=reason, estimate=math.expm1(moved.by))


def _last(points: Sequence[Point]) -> Reason:
    """Return the last points of a series as what a sentence is about."""
    if _are_commits(points):
        return Reason("last_commit_is") if len(points) == 1 else Reason("last_commits_are", count=len(points))
    return Reason("last_result_is") if len(points) == 1 else Reason("last_results_are", count=len(points))


def _why(judged: JudgedSeries, fallen: Segment, moved: Moved | None) -> str:
    """Return since when a series is slower, whether its ceiling fell too, and whether it begins to come back."""
    parts = [_since(judged, fallen, Reason("slower")), ceiling_moved(judged)]
    if moved and moved.by > 0:
        parts.append(Reason("faster_again"))
    return joined(part for part in parts if part)


def _since(judged: JudgedSeries, segment: Segment, how: str) -> str:
    """Return since which day, and in how many points, a level holds: "slower since 2024-01-21, in 20 Results"."""
    points = judged.series.points[segment.start :]
    return Reason("level_since", how=how, day=dated(points[0].result), points=counted_points(points))


def ceiling_moved(judged: JudgedSeries) -> str | None:
    """Return whether the silicon lost as much as the case, which no change of software does.

    None where the ceiling is not known on both levels.
    """
    before, after = (_ceilings(judged, segment) for segment in (judged.reference, judged.last))
    if not before or not after:
        return None
    share = (median(after) - median(before)) / (judged.last.level - judged.reference.level)
    if share > 0.5:
        lost = -math.expm1(median(after) - median(before))
        return Reason("ceiling_fell_too", share=units.percent(lost, 1))
    return Reason("ceiling_stayed")


def _ceilings(judged: JudgedSeries, segment: Segment) -> list[float]:
    """Return the logarithms of the ceilings that were measured beside the points of a segment."""
    points = judged.series.points[segment.start : segment.stop]
    return [math.log(point.ceiling_per_s) for point in points if point.ceiling_per_s]


def _notes(history: History, series: Sequence[Series], names: Mapping[Place, str]) -> Iterator[str]:
    """Yield what a reader must know of the history: files, commits and methods left out, machines, what has ended."""
    if history.commits.note:
        yield history.commits.note
    if history.rejected:
        yield Reason("files_left_out", count=len(history.rejected), first=history.rejected[0])
    machines = {machine(each.newest.host): None for each in series}
    if len(machines) > 1:
        yield Reason("several_machines_noted", count=len(machines), machines="; ".join(machines))
    methods = sorted({result.method_version for result in history.results})
    if len(methods) > 1:
        told = " and ".join(map(str, methods))
        yield Reason("several_methods", methods=told)
    if ended := [names[each.place] for each in series if _ended(history, each)]:
        yield Reason("in_none_of_last", fewest=FEWEST_POINTS, names="; ".join(ended))


def _ended(history: History, series: Series) -> bool:
    """Return whether none of the last Results of the machine has a rate of the series."""
    last = (result.id for result in reversed(history.results) if result.host.hardware_key == series.hardware_key)
    return series.newest.id not in islice(last, FEWEST_POINTS)
