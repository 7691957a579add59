"""Tests the experiments themselves, with real processes of a backend that variables hold down."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from flopsbench.errors import Unsupported
from flopsbench.explore.why import experiment as experiments
from flopsbench.explore.why.conclusion import FINDINGS
from flopsbench.explore.why.effect import effect_of, found
from flopsbench.explore.why.experiment import Arm, Experiment
from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.sides import changed_side
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of
from flopsbench.track.ab.ab import planned
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.turns import SideCase
from flopsbench.words.reason import Reason
from tests.processes import workers

Install = Callable[..., None]


@pytest.fixture
def referee() -> Iterator[ParentReferee]:
    with ParentReferee() as parent:
        yield parent
    assert not workers()


def base_with(referee: ParentReferee, **variables: str) -> SideCase:
    """The case of a backend under these variables."""
    side = Side("as it is", options_of(["cpu"], ["paced"], ["fp64"], ["64"]), environment={**os.environ, **variables})
    observed, _ = planned(side, referee, 1)
    ((id, case),) = observed.planned.items()
    return SideCase(side, case, id)


def without(base: SideCase, *names: str) -> Arm:
    """The processes in which some variables are unset."""
    hypothesis = Hypothesis(
        "variable", Reason("why_variable", variables=" ".join(names)), Reason("why_unset", command=""), names
    )
    return Arm(hypothesis, SideCase(changed_side(base.side, hypothesis), base.planned, base.id))


def tried(base: SideCase, referee: ParentReferee, *arms: Arm, time_s: float = 3600.0) -> Experiment:
    from time import monotonic

    return Experiment(base, Arm(None, base), list(arms), referee, 1, monotonic() + time_s, lambda *_: None)


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
@pytest.mark.timeout(600)
def test_two_looks_at_two_causes_and_at_both_at_once(
    install_strangers: Install, referee: ParentReferee, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_strangers("paced")
    monkeypatch.setattr(experiments, "SETS", 6)
    base = base_with(referee, OMP_HELD="1", OMP_SLOWED="1")
    slowed, held = without(base, "OMP_SLOWED"), without(base, "OMP_HELD")
    harmless = without(base, "OMP_HARMLESS")
    test = tried(base, referee, slowed, harmless, held)
    test.first_look()
    assert test.arms == [held, slowed, harmless]  # by what the first set showed
    test.second_look()
    assert [found(arm.first, arm.second) for arm in test.arms] == ["cause", "cause", "no cause"]
    assert not harmless.second
    assert test.all_at_once is not None
    gains = [effect_of(values) for values in (held.first, slowed.first, test.all_at_once.second, test.control.first)]
    estimates = [gain.estimate for gain in gains if gain]
    assert estimates == pytest.approx([1.0, 1 / 3, 1 / 0.375 - 1, 0.0], abs=1e-3)
    assert len(test.rates_per_s) == 12


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
@pytest.mark.timeout(600)
def test_where_time_is_short_the_likeliest_alone_is_tested(
    install_strangers: Install, referee: ParentReferee, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_strangers("paced")
    base = base_with(referee, OMP_SLOWED="1")
    slowed, harmless = without(base, "OMP_SLOWED"), without(base, "OMP_HARMLESS")
    test = tried(base, referee, harmless, slowed, time_s=0.0)
    test.first_look()
    assert (test.arms, test.left_out) == ([slowed], [harmless])
    assert (len(slowed.first), len(harmless.first)) == (6, 1)


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_a_case_without_a_rate_ends_its_experiment_and_a_lost_hypothesis_only_itself(
    install_strangers: Install, referee: ParentReferee
) -> None:
    install_strangers("paced")
    base = base_with(referee)
    lost = without(base, "NOTHING")
    side = changed_side(base.side, Hypothesis("variable", Reason("why_together"), Reason("why_keep_all")))
    dead = SideCase(
        Side(side.name, side.options, environment={**side.environment, "PACE": "dead"}), base.planned, base.id
    )
    test = tried(base, referee, Arm(lost.hypothesis, dead), time_s=0.0)
    test.first_look()
    (arm,) = test.arms
    assert arm.lost is not None
    assert arm.lost.startswith("it could not be measured: the process that measured it died: killed by signal 6")
    with pytest.raises(Unsupported, match="killed by signal 6"):
        tried(dead, referee, lost).first_look()


def test_findings_are_told_in_the_order_of_a_reader() -> None:
    assert FINDINGS[0] == "cause"
    assert FINDINGS[-1] == "not tested"
