"""Runs the experiments on one case: sets of fresh processes in turns, one as it is, one alike, one for each hypothesis.

All processes of a set take turns within the same half minute, so that what disturbs the machine disturbs them alike.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from flopsbench.analysis.rate import rate_of
from flopsbench.errors import Unsupported
from flopsbench.explore.why.effect import SETS, is_material
from flopsbench.explore.why.hypothesis import SETTINGS, Hypothesis, together
from flopsbench.explore.why.sides import changed_side
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case
from flopsbench.runs.referee import ParentReferee
from flopsbench.track.ab.cases import pair_difference, was_disturbed
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS
from flopsbench.track.ab.turns import SideCase, TurnsPace, take_turns
from flopsbench.words.reason import Reason

PACE = TurnsPace(fewest=9, most=12, seconds=4.0)  # one more than the turns in which blocks may begin again
BESIDE = 2  # processes of each set: the case as it is, and the control

# Called with the sets done, how many there will be, and whether it is the second look.
OnSet = Callable[[int, int, bool], None]


@dataclass(slots=True)
class Arm:
    """An Arm is the processes of one hypothesis, or of the control, which has none: ln(with/without) of each set.

    ``first`` and ``second`` are the two looks. ``turned`` says that the change is what the processes "as it is" have.
    ``lost`` is why one has given no rate, None as long as all have.
    """

    hypothesis: Hypothesis | None
    case: SideCase
    turned: bool = False
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    lost: Reason | None = None

    def take(self, base: Case, own: Case, again: bool) -> None:
        """Keep what one set of processes came to."""
        if was_disturbed(base) or was_disturbed(own):
            return
        if own.status != "ok":
            self.lost = Reason("why_lost", reason=as_reason(own.reason or "", own.reason_said))
            return
        difference = pair_difference(base, own)
        (self.second if again else self.first).append(-difference if self.turned else difference)


@dataclass(slots=True)
class Experiment:
    """An Experiment is one case under test: processes as it ``is``, the control, and an arm for each hypothesis.

    ``over_s`` is when its time is over, by the monotonic clock. ``left_out`` are the hypotheses for which there was no
    time, ``all_at_once`` the arm of several causes at once, where there are several.
    """

    base: SideCase
    control: Arm
    arms: list[Arm]
    referee: ParentReferee
    seed: int
    over_s: float
    on_set: OnSet
    rates_per_s: list[float] = field(default_factory=list)
    left_out: list[Arm] = field(default_factory=list)
    all_at_once: Arm | None = None
    _order: int = 0
    _arm_s: float = 0.0  # what a set takes for each of its processes

    def first_look(self) -> None:
        """Measure every hypothesis, in as many sets as there is time for.

        Where it is short, those are left out of which the first set shows least. Raise FlopsbenchError where the case
        itself gives no rate.
        """
        began = time.monotonic()
        self._measure(self.arms, again=False)
        self._arm_s = (time.monotonic() - began) / (len(self.arms) + BESIDE)
        self.arms.sort(key=lambda arm: max(arm.first, default=-math.inf), reverse=True)
        kept = max(1, self._affordable())
        self.left_out, self.arms = self.arms[kept:], self.arms[:kept]
        self._repeat(self.arms, again=False, done=1)

    def _affordable(self) -> int:
        """Return how many hypotheses can be tested in the time that is left, with a second look at two of them."""
        arms = (self.over_s - time.monotonic()) / self._arm_s
        return int((arms - FEWEST_PAIRS * (BESIDE + 2)) / (FEWEST_PAIRS - 1)) - BESIDE

    def second_look(self) -> None:
        """Measure again, in fresh processes, what seems to be a cause; and all of it that is a setting at once."""
        seeming = [arm for arm in self.arms if is_material(arm.first)]
        changed = [arm.hypothesis for arm in seeming if arm.hypothesis and not arm.turned]
        settings = [hypothesis for hypothesis in changed if hypothesis.kind in SETTINGS]
        if len(settings) > 1:
            self.all_at_once = self._together(settings)
        if seeming:
            self._repeat([*seeming, *filter(None, [self.all_at_once])], again=True)

    def _together(self, hypotheses: list[Hypothesis]) -> Arm:
        """Return the arm of several hypotheses at once."""
        joint = together(hypotheses)
        return Arm(joint, replace(self.base, side=changed_side(self.base.side, joint)))

    def _repeat(self, arms: Sequence[Arm], again: bool, done: int = 0) -> None:
        """Measure sets until all are done, or the time is over and there are as many as any judgement needs."""
        self.on_set(done, SETS, again)
        while done < SETS and (done < FEWEST_PAIRS or self._has_time(len(arms) + BESIDE)):
            self._measure(arms, again)
            done += 1
            self.on_set(done, SETS, again)

    def _has_time(self, processes: int) -> bool:
        """Return whether a set of so many processes will end in time."""
        return time.monotonic() + processes * self._arm_s < self.over_s

    def _measure(self, arms: Iterable[Arm], again: bool) -> None:
        """Measure one set: a fresh process for each arm that has lost none, beside one as it is and the control."""
        alive = [self.control, *(arm for arm in arms if arm.lost is None)]
        cases = [self.base, *(arm.case for arm in alive)]
        ended = take_turns(cases, self.referee, seed=self.seed, order=self._order, pace=PACE)
        self._order += 1
        base, *others = (each.case for each in ended)
        self._keep_rate(base)
        for arm, own in zip(alive, others, strict=True):
            arm.take(base, own, again)

    def _keep_rate(self, base: Case) -> None:
        """Keep the rate of a process as it is; raise Unsupported where it has none, unless it was only disturbed."""
        if base.status == "ok":
            self.rates_per_s.append(rate_of(base.processes, base.flop_per_launch).median)
        elif not was_disturbed(base):
            raise Unsupported(as_reason(base.reason or "", base.reason_said))
