"""Computes the centre of paired differences, exact and robust: Maritz's sign-flip interval with biweighted scores.

Each pair of fresh processes gives one difference d = ln(B/A). When nothing but chance tells A from B, and the order
within a pair is drawn at random, d is as likely as -d: of all 2^n ways to choose signs, the one that was seen is one
draw. The probability is counted, not approximated (J. S. Maritz, A note on exact robust confidence intervals for
location, Biometrika 66 (1979) 163-166).

Why not ranks: on shared machines one process in ten is slowed by 5 to 30 %. Of ten pairs one or two then stand far out,
and in the signed-rank test the largest rank on the wrong side is alone enough to lose the verdict. Here a difference
whose size is far from the sizes of the others has no weight, on either side. The weights are taken from |d - centre|,
which no sign changes, so the count stays exact. They are Tukey's biweight, on the sizes: a plain biweight on d - centre
widens as the centre moves away, and calls 5 % slower less often than 3 %.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from flopsbench import units
from flopsbench.stats import CONFIDENCE, MAD_TO_SIGMA

ALPHA = (1 - CONFIDENCE) / 2  # of each end of the interval
FEWEST_PAIRS, MOST_PAIRS = 6, 30  # 2^-6 is the first below ALPHA; beyond 30 the exact count takes too long
REACH = 2.5  # spreads beyond the median size at which a difference no longer counts; 2 to 3 are equally good
SAME = 1e-9  # sums that differ by less are the same sum added in another order
TIE = 1e-3  # the weight of a difference that would have none, as a share of the median size
STEPS = 20  # halvings of the step that brackets an end of the interval; also the steps of the location
LEAST_STEP = 1e-9  # of the search for an end, where all differences are equal


class Centre(NamedTuple):
    """A Centre is the centre of the differences with its 95 % interval, in logarithms."""

    estimate: float
    low: float
    high: float


def p_below(differences: Sequence[float], centre: float) -> float:
    """Return the one-sided p of the hypothesis that the differences' true centre is ``centre`` or more.

    It is the share of all 2^n assignments of signs that put the weighted sum as low as it is, or lower. Raise
    ValueError for more than 30 differences.
    """
    scores = _scores([difference - centre for difference in differences])
    return _share_at_most([abs(score) for score in scores], sum(scores))


def p_above(differences: Sequence[float], centre: float) -> float:
    """Return the one-sided p of the hypothesis that the true centre is ``centre`` or less."""
    return p_below([-difference for difference in differences], -centre)


def interval(differences: Sequence[float], alpha: float = ALPHA) -> Centre:
    """Return estimate and interval of the centre; each end is where the one-sided p passes ``alpha``.

    Raise ValueError for fewer differences than can reach ``alpha`` at all.
    """
    if 2.0 ** -len(differences) > alpha:
        raise ValueError(f"{len(differences)} pairs cannot reach a probability of {units.general(alpha)}")
    estimate = location(differences)
    return Centre(estimate, -_end([-d for d in differences], -estimate, alpha), _end(differences, estimate, alpha))


def _end(differences: Sequence[float], estimate: float, alpha: float) -> float:
    """Return the upper end: the first centre above the estimate that the data reject.

    It is looked for by steps outwards from the estimate, then by halving the last step.

    Half way to a far outlier a centre may be accepted again; what lies beyond the first rejection is not looked at.
    """
    inside, step = estimate, max(median(abs(d - estimate) for d in differences) / 4, LEAST_STEP)
    while p_below(differences, outside := inside + step) > alpha:
        inside, step = outside, step * 1.5
    return upper_end(differences, inside, outside, alpha)


def upper_end(differences: Sequence[float], inside: float, outside: float, alpha: float = ALPHA) -> float:
    """Return where the data begin to reject, by halving the way from a centre ``inside`` to a rejected ``outside``."""
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if p_below(differences, middle) <= alpha:
            outside = middle
        else:
            inside = middle
    return outside


def lower_end(differences: Sequence[float], inside: float, outside: float, alpha: float = ALPHA) -> float:
    """Return where the data begin to reject on the way down from ``inside`` to a rejected ``outside`` below it."""
    return -upper_end([-difference for difference in differences], -inside, -outside, alpha)


def location(differences: Sequence[float]) -> float:
    """Return Tukey's biweight location, iterated from the median: the estimate that the interval is built around.

    What lies far from the others has no weight; of the rest it is close to the mean.
    """
    centre = median(differences)
    reach = 2 * REACH * MAD_TO_SIGMA * median(abs(difference - centre) for difference in differences)
    for _ in range(STEPS if reach else 0):
        weights = [_weight(abs(difference - centre), reach) for difference in differences]
        centre = sum(w * d for w, d in zip(weights, differences, strict=True)) / sum(weights)
    return centre


def _scores(off: Sequence[float]) -> list[float]:
    """Return each value times its weight: 1 up to the median size, falling to 0 at REACH deviations beyond it.

    What has no weight keeps a thousandth of the median size, so that differences all of one sign are the rarest draw.
    """
    sizes = [abs(x) for x in off]
    usual = median(sizes)
    reach = REACH * MAD_TO_SIGMA * median(abs(size - usual) for size in sizes)
    scores = (max(size * _weight(size - usual, reach), usual * TIE) for size in sizes)
    return [score if x > 0 else -score for x, score in zip(off, scores, strict=True)]


def _weight(beyond: float, reach: float) -> float:
    """Return Tukey's biweight of a value that lies ``beyond`` another, falling from 1 at 0 to 0 at ``reach``."""
    if beyond <= 0:
        return 1.0
    return (1 - (beyond / reach) ** 2) ** 2 if beyond < reach else 0.0


def _share_at_most(sizes: Sequence[float], total: float) -> float:
    """Return the share of sign assignments whose sum of signed ``sizes`` is ``total`` or less.

    Sums of the first and second half are listed apart and matched: 2^(n/2) steps instead of 2^n.
    """
    if len(sizes) > MOST_PAIRS:
        raise ValueError(f"at most {MOST_PAIRS} pairs can be counted exactly")
    half = len(sizes) // 2
    left, right = _sums(sizes[:half]), sorted(_sums(sizes[half:]))
    limit = total + SAME * (sum(sizes) or 1.0)
    return float(sum(bisect_right(right, limit - part) for part in left)) / 2.0 ** len(sizes)


def _sums(sizes: Sequence[float]) -> list[float]:
    """Return the sums of the sizes under all 2^n assignments of signs."""
    sums = [0.0]
    for size in sizes:
        sums = [part + size for part in sums] + [part - size for part in sums]
    return sums
