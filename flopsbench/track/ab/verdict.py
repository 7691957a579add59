"""From the differences of pairs to a verdict against a margin: Holm over the cases, a second look that must agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flopsbench.track.ab.sign_flip import ALPHA, Centre, interval, p_above, p_below
from flopsbench.track.comparison import Verdict


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """What the pairs of one case say, in logarithms: ``p`` is that of "not slower by more than the margin"."""

    verdict: Verdict
    centre: Centre
    p: float
    detectable: float
    reason: str | None = None


def judge(differences: Mapping[str, Sequence[float]], margin: float) -> dict[str, JudgedCase]:
    """A verdict for each case from its differences ln(new/base), one a pair; raise ValueError for too few pairs.

    Regressions and improvements are called at 2.5 % one-sided over all cases together (Holm's step-down procedure),
    so that a run of many cases raises no more false alarms than a run of one.
    """
    slower, faster = math.log1p(-margin), math.log1p(margin)
    p_slower = {case: p_below(values, slower) for case, values in differences.items()}
    p_faster = {case: p_above(values, faster) for case, values in differences.items()}
    regressions, improvements = holm(p_slower), holm(p_faster)
    judged = {}
    for case, values in differences.items():
        centre = _open(interval(values), p_slower[case], p_faster[case], slower, faster)
        verdict: Verdict = "inconclusive"
        if case in regressions:
            verdict = "regression"
        elif case in improvements:
            verdict = "improvement"
        elif slower <= centre.low and centre.high <= faster:
            verdict = "unchanged"
        detectable = 1 - (1 - margin) * math.exp(_reach(values, len(differences)))
        if verdict == "inconclusive":
            detectable = max(detectable, -math.expm1(centre.estimate))
        clear = min(p_slower[case], p_faster[case]) <= ALPHA
        judged[case] = JudgedCase(verdict, centre, p_slower[case], detectable, _why(verdict, clear, len(differences)))
    return judged


def holm(p: Mapping[str, float], alpha: float = ALPHA) -> set[str]:
    """The cases whose hypothesis falls when all are tested together at ``alpha`` (S. Holm, 1979)."""
    fallen: set[str] = set()
    for rank, case in enumerate(sorted(p, key=lambda case: p[case])):
        if p[case] > alpha / (len(p) - rank):
            break
        fallen.add(case)
    return fallen


def _reach(values: Sequence[float], cases: int) -> float:
    """How far below the margin the centre would have had to lie for these pairs to call it, as a logarithm."""
    centre = interval(values, max(ALPHA / cases, 2.0 ** -len(values)))
    return centre.estimate - centre.high


def confirmed(first: JudgedCase, second: JudgedCase | None) -> JudgedCase:
    """The verdict on what looked like a regression once it was measured again: both looks must call it one."""
    if second and second.verdict == "regression":
        return first
    reason = "slower at first, and interrupted before the second look in fresh processes"
    if second:
        again = f"{math.expm1(second.centre.estimate):+.1%}"
        reason = f"slower at first, but a second look in fresh processes did not agree ({again})"
    return replace(first, verdict="inconclusive", reason=reason)


def _open(centre: Centre, p_slower: float, p_faster: float, slower: float, faster: float) -> Centre:
    """The interval reaching as far as the margin wherever the margin itself is not rejected.

    As the weights depend on the centre, the centres that the data do not reject may come in two pieces; the interval
    is the piece around the estimate, and must not look like a verdict that the probability does not give.
    """
    high = max(centre.high, slower) if p_slower > ALPHA and centre.estimate < slower else centre.high
    low = min(centre.low, faster) if p_faster > ALPHA and centre.estimate > faster else centre.low
    return Centre(centre.estimate, low, high)


def _why(verdict: Verdict, clear: bool, cases: int) -> str | None:
    if verdict != "inconclusive":
        return None
    if clear and cases > 1:
        return f"clear if it stood alone, but it is one of {cases} cases that are tested together; raise --pairs"
    return "the interval reaches across the margin; more --pairs narrow it"
