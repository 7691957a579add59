"""Makes the sides of an experiment: the case as it is, and as each hypothesis would have it."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import LAUNCHES, Subject
from flopsbench.result.types import Case
from flopsbench.runs.referee import ParentReferee
from flopsbench.track.ab.ab import planned
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.turns import SideCase
from flopsbench.words.reason import Reason

AS_IT_IS = Reason("why_as_it_is")
RESTED_PERIODS = 2.5  # before a turn: whatever was used before, the quota is full again
EXHAUSTED_PERIODS = 4  # a block that runs on through so many meets the quota in each


def case_as_it_is(subject: Subject, referee: ParentReferee, seed: int) -> SideCase:
    """Return the case under test, which rests before its turns under a quota; raise FlopsbenchError for a lost one."""
    case = _cases(Side(AS_IT_IS, subject.options(), environment=dict(subject.environ)), referee, seed)[0]
    if subject.quota and subject.turn_s:
        return replace(case, rest_s=RESTED_PERIODS * subject.quota.period_s, block_s=subject.turn_s / LAUNCHES)
    return case


def without_rest(case: SideCase, subject: Subject) -> SideCase:
    """Return a case as it runs when nobody lets it rest: through several periods of the quota."""
    assert subject.quota is not None
    return replace(case, rest_s=0.0, block_s=EXHAUSTED_PERIODS * subject.quota.period_s)


def side_case(hypothesis: Hypothesis, base: SideCase, referee: ParentReferee, seed: int) -> SideCase:
    """Return the case as a hypothesis would have it; raise FlopsbenchError where it cannot run."""
    side = changed_side(base.side, hypothesis)
    if side.options == base.side.options:
        return replace(base, side=side)
    own = _cases(side, referee, seed)[0]
    return replace(own, rest_s=base.rest_s, block_s=base.block_s)


def changed_side(side: Side, hypothesis: Hypothesis) -> Side:
    """Return a side with what a hypothesis changes."""
    return replace(
        side,
        name=hypothesis.claim,
        environment=hypothesis.environment(side.environment),
        options=hypothesis.options or side.options,
        cpus=hypothesis.cpus,
    )


def rivals_of(subject: Subject, referee: ParentReferee, seed: int) -> list[Case]:
    """Return the problem of a case as the other backends of this installation have it, each by its usual kernel."""
    options = structs.replace(subject.options(), backends=[], kernels=[])
    side = Side(AS_IT_IS, options, environment=dict(subject.environ))
    return [each.planned for each in _cases(side, referee, seed) if each.planned.backend != subject.case.backend]


def _cases(side: Side, referee: ParentReferee, seed: int) -> list[SideCase]:
    """Return every case that the options of a side mean there."""
    observed, _ = planned(side, referee, seed)
    return [SideCase(side, case, id) for id, case in observed.planned.items()]
