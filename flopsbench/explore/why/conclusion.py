"""Concludes what the experiments on one case have found: the causes in their order, what is left, and a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec.structs import replace

from flopsbench.explore.why.effect import MATERIAL, Effect, Finding, effect_of, found, moved
from flopsbench.explore.why.experiment import Arm, Experiment
from flopsbench.explore.why.explanation import Explained, Trial
from flopsbench.explore.why.hypothesis import SETTINGS
from flopsbench.explore.why.subject import Subject
from flopsbench.problem import shape_text
from flopsbench.result.keys import case_id
from flopsbench.result.work import amount
from flopsbench.stats import median
from flopsbench.units import share, signed_percent
from flopsbench.words.reason import Reason

FINDINGS: tuple[Finding, ...] = ("cause", "open", "minor", "no cause", "not tested")  # as a reader wants them
CLEARLY = 1.5  # times as much, in logarithms, another library or shape must recover to go before a setting
MORE_CORES = ("quota", "affinity")  # kinds of causes without which the ceiling is higher as well


def concluded(subject: Subject, experiment: Experiment) -> Explained:
    """Return what the experiments on a case have found."""
    is_noisy = moved(experiment.control.first)
    tested = [_tested(arm, is_noisy) for arm in experiment.arms] + [_left_out(arm) for arm in experiment.left_out]
    tested.sort(key=lambda each: (FINDINGS.index(each.finding), -_weight(each)))
    causes = [each for each in tested if each.finding == "cause"]
    joint = experiment.all_at_once
    together = effect_of(joint.second) if joint and len(causes) > 1 else None
    return replace(
        _told(subject, _verdict(tested, causes, experiment.control, is_noisy)),
        rate_per_s=median(experiment.rates_per_s) if experiment.rates_per_s else None,
        control=effect_of(experiment.control.first),
        tested=tested,
        together=together,
        unexplained=None if is_noisy else _unexplained(subject, causes, together),
    )


def not_explained(subject: Subject, why: str) -> Explained:
    """Return a case on which no experiment could be made."""
    return _told(subject, Reason("why_verdict_lost", reason=why))


def _told(subject: Subject, verdict: Reason) -> Explained:
    """Return what is told of a case whatever the experiments find, with the verdict."""
    return Explained(
        case=case_id(subject.case),
        library=subject.slow.library,
        shape=shape_text(*subject.shape),
        unit=amount(subject.case).unit,
        verdict=verdict,
        share=subject.slow.share or None,
    )


def _tested(arm: Arm, is_noisy: bool) -> Trial:
    """Return what was found of the hypothesis of an arm."""
    assert arm.hypothesis is not None
    finding, reason = found(arm.first, arm.second), arm.lost
    if finding == "cause" and is_noisy:
        finding, reason = "open", Reason("why_control_moved")
    elif finding == "open" and arm.second:
        reason = Reason("why_second_look_differs")
    return Trial(
        kind=arm.hypothesis.kind,
        claim=arm.hypothesis.claim,
        keep=arm.hypothesis.keep,
        finding=finding,
        effect=effect_of(arm.first),
        reason=reason,
    )


def _left_out(arm: Arm) -> Trial:
    """Return a hypothesis for which there was no time."""
    assert arm.hypothesis is not None
    reason = arm.lost or Reason("why_no_time")
    if arm.first:
        reason = Reason("why_no_time_after", seen=signed_percent(math.expm1(arm.first[0]), 1))
    hypothesis = arm.hypothesis
    return Trial(hypothesis.kind, hypothesis.claim, hypothesis.keep, "not tested", reason=reason)


def _weight(tested: Trial) -> float:
    """Return by what the findings of one kind are ordered: what is recovered, a setting before its alternatives."""
    recovered = math.log1p(tested.effect.estimate) if tested.effect else -math.inf
    return recovered if tested.kind in SETTINGS else recovered / CLEARLY


def _unexplained(subject: Subject, causes: Sequence[Trial], together: Effect | None) -> float | None:
    """Return which share of the ceiling is missing still with the causes mended; None where no ceiling is known."""
    share_now, best = subject.slow.share, together or (causes[0].effect if causes else None)
    if not share_now:
        return None
    if any(each.kind in MORE_CORES for each in causes):
        share_now *= subject.slow.units / max(len(subject.online), subject.slow.units)
    return max(0.0, 1 - share_now * (1 + (best.estimate if best else 0.0)))


def _verdict(tested: Sequence[Trial], causes: Sequence[Trial], control: Arm, is_noisy: bool) -> Reason:
    """Return in a sentence what a case is slow for."""
    if is_noisy:
        return Reason("why_verdict_noisy", moved=signed_percent(math.expm1(median(control.first)), 1))
    if causes and (main := causes[0]).effect:
        told = {"claim": main.claim, "gain": signed_percent(main.effect.estimate, 1), "keep": main.keep}
        return Reason("why_verdict_cause", **told)
    if doubtful := [each for each in tested if each.finding == "open"]:
        return Reason("why_verdict_open", count=len(doubtful))
    count = sum(each.effect is not None for each in tested)
    if count:
        return Reason("why_verdict_nothing", count=count, material=share(MATERIAL))
    return Reason("why_verdict_untested")
