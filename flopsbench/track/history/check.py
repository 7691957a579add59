"""The verdict on a history: for each series, whether its level now is below the level it had."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

from flopsbench.stats import CONFIDENCE
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.differences import differences, machine
from flopsbench.track.history import changepoint
from flopsbench.track.history.absence import Absence, absences
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.changepoint import FEWEST_POINTS, NORMAL, Moved, Segment
from flopsbench.track.history.folder import ID_DIGITS, History, Place, Point, Series, all_series

# A change point is the evidence that something changed; the margin only says which changes are nobody's concern. A
# level is known to a few tenths of a per cent, so half the margin of a single comparison will do: with 2 %, half of
# all true steps of 2 % would be measured as a little less and pass.
DEFAULT_MARGIN = 0.01

ACK_REACH = 5  # points that a change point may still move by while points after it come in
NEAR = 3  # points that a change point may lie beside its cause


class JudgedSeries(NamedTuple):
    """A series cut into segments, and the accepted changes by the segments they begin.

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
        """The level now."""
        return self.segments[-1]

    def id_of(self, segment: Segment) -> str:
        """The name of the change that a segment begins."""
        return self.series.id_at(segment.start)

    def differences(self, segment: Segment) -> list[str]:
        """How the environment of the first Result of a segment differs from that of the Result before it.

        Where it does not, what changed at the nearest Result within 3, saying so.
        """
        results = [point.result for point in self.series.points]
        nearest = sorted(range(-NEAR, NEAR + 1), key=abs)
        for by in (by for by in nearest if 0 < segment.start + by < len(results)):
            before, after = results[segment.start + by - 1 : segment.start + by + 1]
            if found := differences(before, after):
                where = f" ({counted(abs(by))} {'earlier' if by < 0 else 'later'}, {after.created[:10]})" if by else ""
                return [line + where for line in found]
        return []


def check(history: History, acks: Mapping[str, Ack], margin: float = DEFAULT_MARGIN) -> Comparison:
    """Every case of the history with its verdict; ``margin`` is a share."""
    series = all_series(history.results)
    absent = absences(history.results, series)
    names = display_names([*(each.place for each in series), *absent])
    changes = []
    for each in series:
        found = _verdict(judge(each, acks, margin), absent.get(each.place), acks, margin)
        changes.append(Change(case=names[each.place], unit=each.unit, **found))
    never = absent.keys() - {each.place for each in series}
    changes += [Change(case=names[place], **_absent(absent[place], acks)) for place in sorted(never)]
    first, last = history.results[0], history.results[-1]
    return Comparison(
        command="track check",
        base=f"the best level kept in {history.folder} ({counted(len(history.results))} since {first.created[:10]})",
        new=f"the level now ({last.created[:10]})",
        margin=margin,
        changes=changes,
        notes=list(_notes(history, [each for each in series if each.place not in absent], names)),
    )


def nameable(history: History) -> dict[str, str]:
    """Every change of a history that can be accepted, by its id, with its case; cases that are gone come first."""
    series = all_series(history.results)
    absent = absences(history.results, series)
    names = display_names([*(each.place for each in series), *absent])
    gone = {found.id: names[place] for place, found in absent.items() if found.verdict != "inconclusive"}
    changed = {each.id_at(at): names[each.place] for each in series for at in _change_points(each)}
    return gone | changed


def nearby(history: History) -> dict[str, str]:
    """Ids that an earlier check may have printed for the changes of today, with their cases."""
    series = all_series(history.results)
    names = display_names(each.place for each in series)
    return {
        each.id_at(index): names[each.place]
        for each in series
        for at in _change_points(each)
        for index in range(max(at - ACK_REACH, 1), min(at + ACK_REACH + 1, len(each.points)))
    }


def _change_points(series: Series) -> list[int]:
    return [segment.start for segment in judge(series, {}).segments[1:]]


def display_names(places: Iterable[Place]) -> dict[Place, str]:
    """What to call each series: its case, with the machine before it where several machines run the case."""
    here = dict.fromkeys(places)
    times = Counter(case for _, _, case in here)
    return {place: place[2] if times[place[2]] == 1 else f"{place_name(place)} {place[2]}" for place in here}


def machine_name(series: Series) -> str:
    """A machine in few words: the device's name and the first digits of the hardware key."""
    return place_name(series.place)


def place_name(place: Place) -> str:
    """The same, without the case that runs there."""
    hardware_key, device, _ = place
    return f"{device} {hardware_key[:ID_DIGITS]}"


def counted(number: int) -> str:
    """So many Results, in words."""
    return f"{number} Result{'' if number == 1 else 's'}"


def judge(series: Series, acks: Mapping[str, Ack], margin: float = DEFAULT_MARGIN) -> JudgedSeries:
    """Cut a series into segments and walk through their levels from the first to the present one.

    A fall stays a fall, whatever smaller moves follow it, until the level has come back or the fall was accepted.
    """
    segments = changepoint.segments(logarithms(series.points))
    accepted = _accepted(series, segments, acks)
    reference, fallen = segments[0], None
    for segment in segments[1:]:
        if segment in accepted:
            reference, fallen = segment, None
        elif segment.level < reference.level + math.log1p(-margin):
            fallen = fallen or segment
        else:
            reference, fallen = max(reference, segment, key=lambda each: each.level), None
    return JudgedSeries(series, segments, accepted, reference, fallen)


def logarithms(points: Sequence[Point]) -> list[float]:
    """What the segments are cut from."""
    return [math.log(point.rate_per_s) for point in points]


def _accepted(series: Series, segments: Sequence[Segment], acks: Mapping[str, Ack]) -> dict[Segment, Ack]:
    """Which changes were accepted: for each acknowledgement the nearest, as the place of a change may yet move."""
    accepted = {}
    for index in range(1, len(series.points)) if acks and len(segments) > 1 else ():
        if ack := acks.get(series.id_at(index)):
            nearest = min(segments[1:], key=lambda segment: abs(segment.start - index))
            if abs(nearest.start - index) <= ACK_REACH:
                accepted[nearest] = ack
    return accepted


def _verdict(judged: JudgedSeries, absence: Absence | None, acks: Mapping[str, Ack], margin: float) -> dict[str, Any]:
    """The verdict on one series; that its newest run was interrupted does not end a regression."""
    present = _present(judged, margin)
    if absence is None or (absence.verdict == "inconclusive" and present["verdict"] == "regression"):
        return present
    base = math.exp(median(logarithms(judged.series.points[-FEWEST_POINTS:])))
    return _absent(absence, acks) | {"base_per_s": base}


def _absent(absence: Absence, acks: Mapping[str, Ack]) -> dict[str, Any]:
    """A case without a rate now. It can be accepted until there is a newer Result of the case."""
    if absence.verdict == "inconclusive":
        return {"verdict": "inconclusive", "reason": absence.reason}
    if ack := acks.get(absence.id):
        return {"verdict": "acknowledged", "reason": _accepted_as(ack), "id": absence.id}
    meant = (
        "it is meant to be gone" if absence.verdict == "missing" else "it is known, or the machine will not come back"
    )
    reason = f"{absence.reason}; if {meant}: flopsbench track ack {absence.id} --reason WHY"
    return {"verdict": absence.verdict, "reason": reason, "id": absence.id}


def _accepted_as(ack: Ack) -> str:
    return f"accepted on {ack.day}: {ack.reason}"


def _present(judged: JudgedSeries, margin: float) -> dict[str, Any]:
    """The verdict on a series that goes on."""
    points, last = judged.series.points, judged.last
    values = logarithms(points)
    noise = changepoint.sigma(values)
    now = {"base_per_s": math.exp(judged.reference.level), "new_per_s": math.exp(last.level)}
    if len(points) < FEWEST_POINTS:
        return now | {"verdict": "inconclusive", "reason": f"{len(points)} of the {FEWEST_POINTS} Results needed"}
    now["detectable"] = -math.expm1(-changepoint.smallest_step(len(values), noise, -math.log1p(-margin)))
    moved = changepoint.moved(values, last)
    if judged.fallen:
        step = _step(judged.reference, last, noise) | _named(judged, judged.fallen)
        return now | step | {"verdict": "regression", "reason": _why(judged, judged.fallen, moved)}
    if moved and moved.by < math.log1p(-margin):
        return now | _suspected(last, moved)
    if last in judged.accepted:
        step = _step(judged.segments[-2], last, noise) | _named(judged, last)
        return now | step | {"verdict": "acknowledged", "reason": _accepted_as(judged.accepted[last])}
    if len(judged.segments) > 1 and last.level - judged.segments[-2].level > math.log1p(margin):
        step = _step(judged.segments[-2], last, noise) | _named(judged, last)
        return now | step | {"verdict": "improvement", "reason": _since(judged, last, "faster")}
    return now | _step(judged.reference, last, noise) | {"verdict": "unchanged"}


def _step(base: Segment, new: Segment, noise: float) -> dict[str, float]:
    """Both levels and the relative change between them with its interval; no change within one segment."""
    levels = {"base_per_s": math.exp(base.level), "new_per_s": math.exp(new.level)}
    if base == new:
        return levels
    by = new.level - base.level
    reach = NORMAL.inv_cdf((1 + CONFIDENCE) / 2) * changepoint.level_error(noise, base.points, new.points)
    return levels | {"estimate": math.expm1(by), "low": math.expm1(by - reach), "high": math.expm1(by + reach)}


def _named(judged: JudgedSeries, segment: Segment) -> dict[str, Any]:
    return {"id": judged.id_of(segment), "differences": judged.differences(segment)}


def _suspected(last: Segment, moved: Moved) -> dict[str, Any]:
    some = "the last Result is" if moved.points == 1 else f"the last {moved.points} Results are"
    return {
        "verdict": "suspected",
        "reason": f"{some} slower, too few to call: the next ones will tell",
        "base_per_s": math.exp(last.level),
        "new_per_s": math.exp(last.level + moved.by),
        "estimate": math.expm1(moved.by),
    }


def _why(judged: JudgedSeries, fallen: Segment, moved: Moved | None) -> str:
    parts = [_since(judged, fallen, "slower"), ceiling_moved(judged)]
    if moved and moved.by > 0:
        parts.append("the newest is faster again: the next ones will tell")
    return "; ".join(part for part in parts if part)


def _since(judged: JudgedSeries, segment: Segment, how: str) -> str:
    points = judged.series.points[segment.start :]
    return f"{how} since {points[0].result.created[:10]}, in {len(points)} Results"


def ceiling_moved(judged: JudgedSeries) -> str | None:
    """Whether the silicon lost as much as the case, which no change of software does; None where it is not known."""
    before, after = (_ceilings(judged, segment) for segment in (judged.reference, judged.last))
    if not before or not after:
        return None
    share = (median(after) - median(before)) / (judged.last.level - judged.reference.level)
    if share > 0.5:
        lost = -math.expm1(median(after) - median(before))
        return f"the ceiling fell by {100 * lost:.1f} % too: the machine itself is slower"
    return "the ceiling did not fall with it: look at the software and its settings"


def _ceilings(judged: JudgedSeries, segment: Segment) -> list[float]:
    points = judged.series.points[segment.start : segment.stop]
    return [math.log(point.ceiling_per_s) for point in points if point.ceiling_per_s]


def _notes(history: History, series: Sequence[Series], names: Mapping[Place, str]) -> Iterator[str]:
    """What a reader must know of the history: files left out, machines, cases that were not measured for long."""
    if history.rejected:
        yield f"files that were left out: {len(history.rejected)}, such as {history.rejected[0]}"
    machines = {machine(each.newest.host): None for each in series}
    if len(machines) > 1:
        yield f"{len(machines)} machines, each with series of its own: {'; '.join(machines)}"
    if ended := [names[each.place] for each in series if _ended(history, each)]:
        yield f"in none of the last {FEWEST_POINTS} Results of the machine: {'; '.join(ended)}"


def _ended(history: History, series: Series) -> bool:
    last = (result.id for result in reversed(history.results) if result.host.hardware_key == series.hardware_key)
    return series.newest.id not in islice(last, FEWEST_POINTS)
