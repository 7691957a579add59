"""Judges the cases of an A/B by the differences of their pairs: Holm over the cases, and a second look that must agree.

The interval of a case is that of its pairs; the word for it comes from ``track.verdicts``, as for every comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flopsbench import units
from flopsbench.track.ab.sign_flip import ALPHA, Centre, interval, lower_end, p_above, p_below, upper_end
from flopsbench.track.verdicts import Verdict, smallest_slowdown, verdict_of_interval
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A JudgedCase is what the pairs of one case say, in logarithms.

    ``p`` is the one-sided probability of pairs like these were the case not slower by more than the margin.
    ``detectable`` is the smallest slowdown that these pairs could have called, as a positive share.
    """

    verdict: Verdict
    centre: Centre
    p: float
    detectable: float
    reason: str | None = None


def judge(differences: Mapping[str, Sequence[float]], margin: float) -> dict[str, JudgedCase]:
    """Judge each case by its differences ln(new/base), one per pair; raise ValueError for too few pairs.

    Regressions and improvements are called at 2.5 % one-sided over all cases together (Holm's step-down procedure),
    so that a run of many cases raises no more false alarms than a run of one.
    """
    slower, faster = math.log1p(-margin), math.log1p(margin)
    p_slower = {case: p_below(values, slower) for case, values in differences.items()}
    p_faster = {case: p_above(values, faster) for case, values in differences.items()}
    proven_slower, proven_faster = holm(p_slower), holm(p_faster)
    judged = {}
    for case, values in differences.items():
        centre = _settled(values, interval(values), p_slower[case], p_faster[case], margin)
        verdict = _verdict(centre, margin, slower=case in proven_slower, faster=case in proven_faster)
        detectable = smallest_slowdown(_reach(values, len(differences)), margin)
        if verdict == "inconclusive":
            detectable = max(detectable, -math.expm1(centre.estimate))
        clear = min(p_slower[case], p_faster[case]) <= ALPHA
        judged[case] = JudgedCase(verdict, centre, p_slower[case], detectable, _why(verdict, clear, len(differences)))
    return judged


def holm(p: Mapping[str, float], alpha: float = ALPHA) -> set[str]:
    """Return the cases whose hypothesis falls when all are tested together at ``alpha`` (S. Holm, 1979)."""
    fallen: set[str] = set()
    for rank, case in enumerate(sorted(p, key=lambda case: p[case])):
        if p[case] > alpha / (len(p) - rank):
            break
        fallen.add(case)
    return fallen


def _verdict(centre: Centre, margin: float, *, slower: bool, faster: bool) -> Verdict:
    """Return the verdict on a case that is proven slower or faster by more than the margin, or neither.

    A margin that is not proven to be passed, with all cases tested together, is not yet out of reach: the interval is
    taken as far as that margin before it is held against it.
    """
    low, high = math.expm1(centre.low), math.expm1(centre.high)
    return verdict_of_interval(low if faster else min(low, margin), high if slower else max(high, -margin), margin)


def _reach(values: Sequence[float], cases: int) -> float:
    """Return how far the interval extends above its estimate, in logarithms, where so many cases are tested together.

    By so much the centre would have had to lie below the margin for these pairs to call it.
    """
    centre = interval(values, max(ALPHA / cases, 2.0 ** -len(values)))
    return centre.high - centre.estimate


def confirmed(first: JudgedCase, second: JudgedCase | None) -> JudgedCase:
    """Return the verdict on what looked like a regression once it was measured again: both looks must call it one."""
    if second and second.verdict == "regression":
        return first
    reason = Reason("second_look_interrupted")
    if second:
        again = units.signed_share(math.expm1(second.centre.estimate), 1)
        reason = Reason("second_look_disagreed", again=again)
    return replace(first, verdict="inconclusive", reason=reason)


def _settled(values: Sequence[float], centre: Centre, p_slower: float, p_faster: float, margin: float) -> Centre:
    """Return the interval so that it lies beyond a margin exactly where the data reject that margin.

    As the weights depend on the centre, the centres that the data do not reject may come in two pieces. The interval
    is the piece around the estimate. Where a margin beyond it is not rejected, it is taken as far as that margin, as it
    must not look like a verdict that the probability does not give. Where the search for its end went past a margin
    that is rejected, it ends before that margin.
    """
    estimate, low, high = centre
    slower, faster = math.log1p(-margin), math.log1p(margin)
    if estimate < slower and p_slower > ALPHA:
        high = max(high, slower)
    elif estimate < slower <= high:
        high = upper_end(values, estimate, slower)
    if estimate > faster and p_faster > ALPHA:
        low = min(low, faster)
    elif estimate > faster >= low:
        low = lower_end(values, estimate, faster)
    return Centre(estimate, low, high)


def _why(verdict: Verdict, clear: bool, cases: int) -> str | None:
    """Return why a case is inconclusive and what helps; ``clear`` is whether it would be called if it stood alone."""
    if verdict != "inconclusive":
        return None
    if clear and cases > 1:
        return Reason("clear_alone", cases=cases)
    return Reason("across_margin")
