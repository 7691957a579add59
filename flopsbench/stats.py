"""Computes medians and confidence intervals of block times and process medians, without an array library.

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
    """An Interval is an estimate with its 95 % confidence interval, in the unit of the values."""

    estimate: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Return half the interval's width, as a share of the estimate."""
        return (self.high - self.low) / 2 / self.estimate


def median(values: Iterable[float]) -> float:
    """Return the middle value, or the mean of the two in the middle; raise ValueError for no values."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        raise ValueError("no values have no median")
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def known(values: Iterable[T | None]) -> list[T]:
    """Return the values that are known, in their order."""
    return [value for value in values if value is not None]


def known_median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are known, None of none."""
    there = known(values)
    return median(there) if there else None


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean, of a sum without rounding errors; raise ZeroDivisionError for no values."""
    return math.fsum(values) / len(values)


def median_interval(values: Sequence[float]) -> Interval:
    """Return a sample's median with the order statistics that contain the true median with at least 95 %.

    The ranks are exact, by the binomial distribution. With fewer than 6 values no pair of order statistics reaches
    95 %, and the interval is the whole range.
    """
    ordered = sorted(values)
    rank = _median_rank(len(ordered))
    return Interval(median(ordered), ordered[rank], ordered[-1 - rank])


@cache
def _median_rank(count: int) -> int:
    """Return the largest r for which the r-th smallest and r-th largest of ``count`` values (from 0) contain the true
    median with at least 95 %.
    """
    tail, rank = 0.0, -1
    while rank < (count - 1) // 2:
        tail += math.comb(count, rank + 1) / 2**count
        if 2 * tail > 1 - CONFIDENCE:
            break
        rank += 1
    return max(rank, 0)


def process_interval(medians: Sequence[float]) -> Interval:
    """Return the centre of the processes' medians with a 95 % interval over processes.

    From 6 processes on it is the Hodges-Lehmann interval by the exact signed-rank distribution, for 2 to 5 processes
    Student's t interval of the logarithms. The estimate is the median of the medians, and the interval is widened to
    contain it. Raise ValueError for a single process, which says nothing about other processes.
    """
    if len(medians) < 2:
        raise ValueError("one process has no interval over processes")
    low, high = (_signed_rank if len(medians) >= FEWEST_FOR_SIGNED_RANK else _log_t)(medians)
    centre = median(medians)
    return Interval(centre, min(low, centre), max(high, centre))


def _log_t(values: Sequence[float]) -> tuple[float, float]:
    """Return Student's t interval of the logarithms, as values again."""
    logs = [math.log(value) for value in values]
    centre = mean(logs)
    deviation = math.sqrt(math.fsum((log - centre) ** 2 for log in logs) / (len(logs) - 1))
    half = T_QUANTILE[len(logs) - 1] * deviation / math.sqrt(len(logs))
    return math.exp(centre - half), math.exp(centre + half)


def _signed_rank(values: Sequence[float]) -> tuple[float, float]:
    """Return the Hodges-Lehmann interval: order statistics of the means of all pairs (Walsh averages)."""
    walsh = sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))
    rank = signed_rank_critical(len(values))
    return walsh[rank], walsh[-1 - rank]


@cache
def signed_rank_critical(count: int) -> int:
    """Return the largest w with P(W <= w) <= 2.5 % for Wilcoxon's signed-rank statistic W of ``count`` pairs (exact).

    The Walsh averages from the w-th to the w-th last (counted from 0) then contain the centre with at least 95 %.
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
    """Return at most ``most`` of the values, evenly spread, with the first and the last."""
    if len(values) <= most:
        return list(values)
    step = (len(values) - 1) / (most - 1)
    return [values[round(index * step)] for index in range(most)]
