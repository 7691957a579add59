"""Finds where the level of a noisy series changed: segments by L1 cost, so that a single slow run moves nothing.

The series is logarithms of rates, oldest first, so that a step is a relative change and noise is a share. A partition
into segments costs the sum of |value - median of its segment| in units of sigma, plus 3.5 ln n for every segment but
the first; the cheapest partition is found exactly. It sees clipped values, so that one disturbed run is no level; then
each boundary is settled by the values as they were. ``tests/perf/change_points.py`` prints how often this is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise, takewhile
from statistics import NormalDist, median
from typing import NamedTuple

from flopsbench.stats import MAD_TO_SIGMA

FEWEST_IN_A_SEGMENT = 3  # points
SETTLES_BY = 3  # points: as far as clipping can put a boundary off
FEWEST_POINTS = 10  # before that sigma, from a handful of differences, is often several times too small

# Times ln n, in units of sigma. With 3, 5 % of flat series that are checked after each of 100 pushes are alarmed some
# time; with 3.5 it is 2 %, and a step of 2 % in noise of 0.5 % is found as surely.
PENALTY = 3.5

WINDOW = 11  # points around a value, which it is clipped by
CLIP_SIGMAS = 3.0  # as far as a clipped value may lie from the median of its window
SUSPECT_SIGMAS = 4.0  # from its level a point is beyond the noise

# A series that reads the same number every time has a MAD of 0, and then each last digit would be a change. Two runs
# of one program do not agree better than this even on a machine of their own.
SIGMA_FLOOR = 0.001

LASTING = 10  # points after which a step should have been found
SURE = 0.9  # the probability that it is found then

NORMAL = NormalDist()
MEDIAN_ERROR = math.sqrt(math.pi / 2)  # standard error of a median of normal values, in sigma / sqrt(n)


class Segment(NamedTuple):
    """A Segment is the points ``start`` to ``stop`` (exclusive) of a series, and the median of their values."""

    start: int
    stop: int
    level: float

    @property
    def points(self) -> int:
        """Return the number of points."""
        return self.stop - self.start


class Moved(NamedTuple):
    """A Moved says that the last ``points`` points stand apart from their segment, by their median less its level."""

    points: int
    by: float


def segments(values: Sequence[float]) -> list[Segment]:
    """Return the levels that a series of logarithms went through: one where nothing changed, none without points.

    A step is found with its fourth point, and with its third where that is well beyond the noise: clipped towards the
    old level three points cannot pay the penalty, but three that agree 4 sigma away from it are no chance.
    """
    if len(values) < FEWEST_POINTS:
        return _between(values, [0] if values else [])
    noise = sigma(values)
    scaled = [value / noise for value in clipped(values, noise)]
    starts = settled(values, partition(scaled, PENALTY * math.log(len(values))))
    found = _between(values, starts)
    return _between(values, [*starts, *_new_level(values, found[-1], noise)])


def settled(values: Sequence[float], starts: Sequence[int]) -> list[int]:
    """Move each boundary to where the unclipped values cost least, at most 3 points away; a segment keeps 3 points.

    The first point of a new level has more of the old one around it and is clipped into it, so that at the first alarm
    the cheapest partition begins one point late.
    """
    levels = [segment.level for segment in _between(values, starts)]
    edges = [*starts, len(values)]
    for number in range(1, len(starts)):
        before, here, after = edges[number - 1 : number + 2]
        first = max(before + FEWEST_IN_A_SEGMENT, here - SETTLES_BY)
        last = min(after - FEWEST_IN_A_SEGMENT, here + SETTLES_BY)
        old, new = levels[number - 1 : number + 1]
        costs = {
            at: sum(abs(value - old) for value in values[first:at]) + sum(abs(value - new) for value in values[at:last])
            for at in range(first, last + 1)
        }
        edges[number] = min(costs, key=lambda at: (costs[at], abs(at - here)))
    return edges[:-1]


def _new_level(values: Sequence[float], last: Segment, noise: float) -> list[int]:
    """Return where the last segment turns into a level that is too young for the partition; nothing if it does not."""
    tail = moved(values, last)
    if tail is None or tail.points < FEWEST_IN_A_SEGMENT:
        return []
    start = last.stop - tail.points
    agree = max(values[start:]) - min(values[start:]) <= 2 * CLIP_SIGMAS * noise
    return [start] if agree else []


def _between(values: Sequence[float], starts: Sequence[int]) -> list[Segment]:
    """Return the segments that begin at these points."""
    stops = [*starts[1:], len(values)]
    return [Segment(start, stop, median(values[start:stop])) for start, stop in zip(starts, stops, strict=False)]


def sigma(values: Sequence[float]) -> float:
    """Return the noise of one value, from the median absolute difference of neighbours.

    Steps and outliers hardly move it. The difference of two values has sqrt(2) times the noise of one.
    """
    if len(values) < 2:
        return SIGMA_FLOOR
    typical = median(abs(after - before) for before, after in pairwise(values))
    return max(MAD_TO_SIGMA * typical / math.sqrt(2), SIGMA_FLOOR)


def clipped(values: Sequence[float], noise: float) -> list[float]:
    """Return each value no further than 3 sigma from the median of the 11 around it.

    One run that was slowed by 30 % otherwise weighs as much as 15 that were slowed by 2 %.
    """
    reach, most = WINDOW // 2, CLIP_SIGMAS * noise
    centres = [median(values[max(0, at - reach) : at + reach + 1]) for at in range(len(values))]
    return [min(max(value, centre - most), centre + most) for value, centre in zip(values, centres, strict=True)]


def moved(values: Sequence[float], last: Segment) -> Moved | None:
    """Return how many points at the end lie beyond 4 sigma on one side of their segment, and how far; None for none."""
    beyond = SUSPECT_SIGMAS * sigma(values)
    away = [value - last.level for value in reversed(values[last.start : last.stop])]
    if not away:
        return None
    tail = list(takewhile(lambda by: abs(by) > beyond and by * away[0] > 0, away))
    return Moved(len(tail), median(tail)) if tail else None


def level_error(noise: float, *counts: int) -> float:
    """Return the standard error of the difference of the medians of so many points each."""
    return MEDIAN_ERROR * noise * math.sqrt(sum(1 / count for count in counts))


def smallest_step(count: int, noise: float, margin: float = 0.0) -> float:
    """Return the smallest step that is found 9 times of 10, and measured as more than ``margin``, once it has lasted.

    That is for 10 points, or for half of fewer than 20. A step of d sigma makes a point E|z + d| - E|z| dearer for a
    level on its other side (z standard normal); points before and after share that, and together they must pay the
    penalty. Where runs are often disturbed it is found a little less often.
    """
    after = min(LASTING, count // 2)
    needed = PENALTY * math.log(count) * (1 / after + 1 / (count - after))
    low, high = 0.0, needed + 2.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _cost_of_step(middle) < needed else (low, middle)
    return max(high * noise, margin) + NORMAL.inv_cdf(SURE) * level_error(noise, after, count - after)


def _cost_of_step(sigmas: float) -> float:
    """Return E|z + d| - E|z| for a step of d sigma, z standard normal."""
    return 2 * NORMAL.pdf(sigmas) + sigmas * (2 * NORMAL.cdf(sigmas) - 1) - 2 * NORMAL.pdf(0)


def partition(values: Sequence[float], penalty: float, fewest: int = FEWEST_IN_A_SEGMENT) -> list[int]:
    """Return where the segments of the cheapest partition start.

    A partition costs the sum of |value - its segment's median|, plus the penalty for each segment but the first.

    A median that minimises the cost is one of the values, so it is enough to keep, for each of them, the least cost
    of a partition whose last segment has it as its level: exact in O(n^2), as in Storath, Weinmann and Unser,
    "Jump-penalized least absolute values estimation of scalar or circle-valued signals" (2017), here with no segment
    shorter than ``fewest``. Raise ValueError for a series shorter than one segment.
    """
    import numpy as np

    if len(values) < fewest:
        raise ValueError(f"{len(values)} values are fewer than one segment of {fewest}")
    series = np.asarray(values, dtype=float)
    levels = np.unique(series)
    cost = np.full(len(levels), np.inf)
    start = np.zeros(len(levels), dtype=int)
    cheapest = [-penalty] + [math.inf] * (fewest - 1)  # of the first so many values
    last_start = [0] * fewest
    for stop in range(fewest, len(series) + 1):
        first = stop - fewest
        cost += np.abs(levels - series[stop - 1])
        fresh = np.abs(series[first:stop, None] - levels).sum(axis=0) + (cheapest[first] + penalty)
        better = fresh < cost
        cost[better] = fresh[better]
        start[better] = first
        best = int(cost.argmin())
        cheapest.append(float(cost[best]))
        last_start.append(int(start[best]))
    starts = [last_start[-1]]
    while starts[-1]:
        starts.append(last_start[starts[-1]])
    return starts[::-1]
