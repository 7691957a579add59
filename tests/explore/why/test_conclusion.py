"""Tests what is concluded from the differences of an experiment: the order of causes, what is left, the sentence."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from flopsbench.analysis.causes.slow import Slow
from flopsbench.explore.why.conclusion import concluded, not_explained
from flopsbench.explore.why.experiment import Arm, Experiment
from flopsbench.explore.why.explanation import Explained
from flopsbench.explore.why.hypothesis import Hypothesis, Kind
from flopsbench.explore.why.subject import Subject
from flopsbench.host.trees import Places
from flopsbench.runs.request import options_of
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.turns import SideCase
from flopsbench.words.reason import Reason
from tests.documents import case, process, result

SIDE = SideCase(Side("as it is", options_of(["cpu"])), case(), "cpu gemm")
QUIET = [0.001, -0.001, 0.002, -0.002, 0.0, 0.001, -0.001]


def arm(name: str, faster: float, again: float | None = None, kind: Kind = "variable", **fields: Any) -> Arm:
    """An arm whose every set was faster by a share, and in the second look by another one, if any."""
    hypothesis = Hypothesis(kind, Reason("why_variable", variables=name), Reason("why_unset", command=f"unset {name}"))
    second = [] if again is None else [math.log1p(again)] * 7
    return Arm(hypothesis, SIDE, first=[math.log1p(faster)] * 7, second=second, **fields)


def explained(*arms: Arm, share: float = 0.5, control: list[float] = QUIET, **fields: Any) -> Explained:
    slow = case(processes=[process([0.1] * 10)])
    nowhere = Places(Path("/none"), Path("/none"))
    subject = Subject(Slow(slow, result(slow), share, of_ceiling=True), 1024, places=nowhere)
    tried = Experiment(
        SIDE, Arm(None, SIDE, first=control), list(arms), None, 1, 0.0, lambda *_: None, rates_per_s=[1e11], **fields
    )
    return concluded(subject, tried)


def test_the_largest_cause_is_the_main_one_and_says_what_to_keep() -> None:
    found = explained(arm("SMALL=1", 0.2, 0.2), arm("LARGE=1", 0.9, 0.9), arm("NONE=1", 0.0))
    assert [each.claim for each in found.causes] == ["LARGE=1", "SMALL=1"]
    assert found.verdict == "Main cause: LARGE=1. Without it +90.0 %. Keep: unset LARGE=1"
    assert [each.finding for each in found.tested] == ["cause", "cause", "no cause"]


def test_a_setting_goes_before_another_library_that_recovers_hardly_more() -> None:
    setting = arm("SETTING=1", 0.9, 0.9)
    hardly, clearly = (arm("rival", gain, gain, kind="library") for gain in (1.0, 3.0))
    assert explained(hardly, setting).causes[0].claim == "SETTING=1"
    assert explained(clearly, setting).causes[0].claim == "rival"


def test_what_is_left_is_what_the_ceiling_has_beyond_the_mended_rate() -> None:
    assert explained(arm("A=1", 0.9, 0.9), share=0.5).unexplained == pytest.approx(0.05)
    assert explained(arm("A=1", 0.0), share=0.9).unexplained == pytest.approx(0.1)
    assert explained(arm("A=1", 2.0, 2.0), share=0.5).unexplained == 0.0


def test_several_settings_at_once_tell_what_is_left() -> None:
    joint = arm("both", 0.0, 0.9)
    found = explained(arm("A=1", 0.3, 0.3), arm("B=1", 0.4, 0.4), share=0.5, all_at_once=joint)
    assert found.together is not None
    assert found.together.estimate == pytest.approx(0.9)
    assert found.unexplained == pytest.approx(0.05)


def test_without_a_quota_there_are_more_cores_and_a_higher_ceiling() -> None:
    found = explained(arm("quota", 1.0, 1.0, kind="quota"), share=0.9)
    assert found.unexplained == 0.0  # how many cores are switched on is not known here


def test_a_control_that_moved_lets_nothing_be_blamed() -> None:
    found = explained(arm("A=1", 0.9, 0.9), control=[0.2] * 7)
    assert found.causes == []
    assert found.verdict.startswith("Nothing can be told here: with nothing changed the processes differed by +22.1 %")
    assert found.tested[0].reason == "with nothing changed the processes differed as well"


def test_a_second_look_that_differs_leaves_it_in_doubt() -> None:
    found = explained(arm("A=1", 0.9, 0.0))
    assert [each.finding for each in found.tested] == ["open"]
    assert found.tested[0].reason == "a second look, in fresh processes, did not agree"
    assert found.verdict.startswith("No cause is proven, and 1 cannot be ruled out")


def test_nothing_to_blame_is_said_with_how_much_was_tried() -> None:
    found = explained(arm("A=1", 0.0), arm("B=1", 0.05), arm("C=1", -0.5))
    assert found.verdict == ("Nothing is to blame: of 3 things that were changed none makes it faster by 10% or more")
    assert [each.finding for each in found.tested] == ["minor", "no cause", "no cause"]


def test_what_there_was_no_time_for_and_what_was_lost_are_told() -> None:
    lost = Arm(arm("L=1", 0.0).hypothesis, SIDE, lost=Reason("why_lost", reason="no pace today"))
    unseen = Arm(arm("U=1", 0.0).hypothesis, SIDE)
    found = explained(lost, left_out=[Arm(arm("T=1", 0.0).hypothesis, SIDE, first=[math.log1p(0.03)]), unseen])
    assert [(each.finding, each.reason) for each in found.tested] == [
        ("not tested", "it could not be measured: no pace today"),
        ("not tested", "one look said +3.0 %; there was no time for more, a longer --time has"),
        ("not tested", "there was no time for it; a longer --time has"),
    ]
    assert found.verdict == "Nothing could be tested"


def test_a_case_that_cannot_be_examined_says_why() -> None:
    slow = case()
    subject = Subject(Slow(slow, result(slow), 0.5, of_ceiling=True), 1024)
    assert not_explained(subject, "no pace today").verdict == "It could not be examined: no pace today"
