"""Statistics of block times and process medians: pure functions on sequences of floats, no array library.

Times are averaged, rates never; outliers are counted, never removed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import NamedTuple, TypeVar

T = TypeVar("T")

CONFIDENCE = 0.95

MAD_TO_SIGMA = 1.4826  # standard deviation of a normal distribution over its median of absolute deviations

# Two-sided 95 % quantiles of Student's t, by degrees of freedom; the exact signed-rank interval takes over from
# 6 values, where it first reaches 95 %.
T_QUANTILE = {1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645}
FEWEST_FOR_SIGNED_RANK = 6


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width over the estimate."""
        return (self.high - self.low) / 2 / self.estimate


def median(values: Iterable[float]) -> float:
    """The middle of the values, or the mean of the two in the middle; raise ValueError where there is none."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        raise ValueError("no values have no median")
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, of an exact sum."""
    return math.fsum(values) / len(values)


def median_interval(values: Sequence[float]) -> Interval:
    """Median of a sample and the order statistics that hold the true median with at least 95 % (exact binomial).

    With fewer than 6 values no pair of order statistics reaches 95 %: the whole range stands in.
    """
    ordered = sorted(values)
    rank = _median_rank(len(ordered))
    return Interval(median(ordered), ordered[rank], ordered[-1 - rank])


@cache
def _median_rank(count: int) -> int:
    """The largest r for which the r-th smallest and r-th largest of ``count`` values hold the median with 95 %."""
    tail, rank = 0.0, -1
    while rank < (count - 1) // 2:
        tail += math.comb(count, rank + 1) / 2**count
        if 2 * tail > 1 - CONFIDENCE:
            break
        rank += 1
    return max(rank, 0)


def process_interval(medians: Sequence[float]) -> Interval:
    """Centre of the processes' medians with a 95 % interval over processes.

    From 6 processes the Hodges-Lehmann interval by the exact signed-rank distribution, for 2 to 5 Student's t on
    logarithms; the estimate is the median of the medians, and the interval is widened to hold it. Raise ValueError
    for a single process, which says nothing about other processes.
    """
    if len(medians) < 2:
        raise ValueError("one process has no interval over processes")
    low, high = (_signed_rank if len(medians) >= FEWEST_FOR_SIGNED_RANK else _log_t)(medians)
    centre = median(medians)
    return Interval(centre, min(low, centre), max(high, centre))


def _log_t(values: Sequence[float]) -> tuple[float, float]:
    logs = [math.log(value) for value in values]
    centre = mean(logs)
    deviation = math.sqrt(math.fsum((log - centre) ** 2 for log in logs) / (len(logs) - 1))
    half = T_QUANTILE[len(logs) - 1] * deviation / math.sqrt(len(logs))
    return math.exp(centre - half), math.exp(centre + half)


def _signed_rank(values: Sequence[float]) -> tuple[float, float]:
    walsh = sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))
    rank = signed_rank_critical(len(values))
    return walsh[rank], walsh[-1 - rank]


@cache
def signed_rank_critical(count: int) -> int:
    """The largest w with P(W <= w) <= 2.5 % for Wilcoxon's signed-rank W of ``count`` pairs (exact).

    The Walsh averages from the w-th to the w-th last (counted from 0) then hold the centre with at least 95 %.
    """
    ways = [1]
    for rank in range(1, count + 1):  # how many subsets of the ranks sum to each W
        ways = [
            (ways[w] if w < len(ways) else 0) + (ways[w - rank] if w >= rank else 0) for w in range(len(ways) + rank)
        ]
    tail, critical = 0.0, -1
    for number in ways:
        tail += number / 2**count
        if tail > (1 - CONFIDENCE) / 2:
            break
        critical += 1
    return max(critical, 0)


def thinned(values: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of the values, evenly spread, first and last kept."""
    if len(values) <= most:
        return list(values)
    step = (len(values) - 1) / (most - 1)
    return [values[round(index * step)] for index in range(most)]
