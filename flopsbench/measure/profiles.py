"""Defines the profiles: how long and how carefully a run measures, and how two sides of an A/B take turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from flopsbench.backend import Work
from flopsbench.device import Kind
from flopsbench.errors import UsageError
from flopsbench.measure.blocks import (
    OnBlock,
    Sampler,
    Schedule,
    Step,
    begin_at_once,
    ignore_block,
    keep_step,
    keep_work,
)
from flopsbench.measure.instruments import Instruments
from flopsbench.measure.schedules import HandOver, bracketed, in_turns, sustained
from flopsbench.measure.stopping import FEWEST_BLOCKS, MIN_BLOCKS, Stopping
from flopsbench.result.types import CasePolicy, Profile, Regime
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules are what a profile asks for. ``time_s`` is the budget of one process for all its cases, None without one.

    ``fewest_blocks`` are taken however short the time is: with fewer than usual comes a wider interval.
    ``blocks_a_bracket`` blocks share the ceilings around them: bracketing each block costs 0.4 s per block. Where
    there are ``turns``, at most so many blocks are taken in turns with another process, nothing else between them.
    """

    processes: int
    target_half_width: float
    blocks_a_bracket: int
    case_time_s: float
    time_s: float | None = None
    sustained: bool = False
    turns: int = 0
    fewest_blocks: int = MIN_BLOCKS

    @property
    def workers(self) -> int:
        """Return how many processes a run takes, that of the sustained regime included."""
        return self.processes + self.sustained


PROFILES: dict[Profile, Rules] = {
    # Done within a minute on two cores: five or six cases, torch's import and the proofs included.
    "quick": Rules(
        processes=1,
        target_half_width=0.01,
        blocks_a_bracket=3,
        case_time_s=6,
        time_s=32,
        fewest_blocks=FEWEST_BLOCKS,
    ),
    "standard": Rules(processes=3, target_half_width=0.005, blocks_a_bracket=1, case_time_s=15),
    "registry": Rules(processes=5, target_half_width=0.005, blocks_a_bracket=1, case_time_s=15, sustained=True),
    "ab": Rules(processes=2, target_half_width=0.005, blocks_a_bracket=1, case_time_s=6, turns=40),
}
RUN_PROFILES = ("quick", "standard", "registry")

# Taking turns: short ones, as what both sides must meet alike lasts less than a tenth of a second on shared machines;
# at least FEWEST_TURNS each, then until both together have taken TURNS_S. What is not yet warm is so on both sides.
TURN_BLOCK_S, TURNS_WARMUP_S = 0.03, 0.2
FEWEST_TURNS, TURNS_S = 12, 3.2
SUSTAINED_S = 30.0
SUSTAINED_BLOCK_S = 0.5
LONGEST_WARMUP = 4  # times its length, where the case has as much time
SAMPLING_SHARE = 0.6  # of a case's time: the rest goes to operands, probe, warm-up and proof
OVERTIME_S = 30.0  # by which the least number of blocks of all cases may exceed the time that was asked for
PATIENCE = 4  # times its time a case may be expected to take


@dataclass(frozen=True, slots=True)
class Sampling:
    """A Sampling is how one case is sampled in one process.

    ``policy`` is what its document shows of that. A case of which one launch would take more than ``longest_launch_s``
    is refused before it is begun.
    """

    policy: CasePolicy
    schedule: Schedule
    longest_warmup_s: float
    longest_launch_s: float

    def sampler(
        self,
        work: Work,
        instruments: Instruments,
        on_block: OnBlock = ignore_block,
        begin: Callable[[], None] = begin_at_once,
        step: Callable[[Step, float], None] = keep_step,
        settle: Callable[[float, int], None] = keep_work,
    ) -> Sampler:
        """Return the sampler of one work."""
        parts = (self.policy, self.longest_warmup_s, self.schedule, instruments, on_block)
        return Sampler(work, *parts, begin=begin, step=step, longest_launch_s=self.longest_launch_s, settle=settle)


def keep_on() -> bool:
    """Take the next turn at once: there is no other process to take turns with."""
    return True


def sampling(
    rules: Rules,
    kind: Kind,
    regime: Regime,
    case_time_s: float,
    hand_over: HandOver = keep_on,
    block_s: float | None = None,
) -> Sampling:
    """Return how one case is sampled on a kind of device, given the seconds it has.

    A block takes ``block_s`` seconds at the least, where that is not as usual.
    """
    policy = case_policy(rules, kind, regime)
    policy = replace(policy, block_s=block_s) if block_s else policy
    time_s = max(case_time_s, 0.0) * SAMPLING_SHARE
    patient_s = max(policy.warmup_s, min(LONGEST_WARMUP * policy.warmup_s, time_s))
    return Sampling(
        policy=policy,
        schedule=_schedule(rules, policy, time_s, hand_over),
        # Where turns are taken what is unsteady is the machine, and both processes will meet it.
        longest_warmup_s=policy.warmup_s if rules.turns else patient_s,
        longest_launch_s=PATIENCE * max(case_time_s, rules.case_time_s) / MIN_BLOCKS,
    )


def _schedule(rules: Rules, policy: CasePolicy, time_s: float, hand_over: HandOver) -> Schedule:
    """Return the order of the blocks of one case that has ``time_s`` for them."""
    if rules.turns:
        return in_turns(hand_over)
    if policy.sustained_s:
        return sustained(policy.sustained_s)
    stopping = Stopping(rules.target_half_width, time_s, fewest_blocks=rules.fewest_blocks)
    return bracketed(stopping, rules.blocks_a_bracket)


def case_policy(rules: Rules, kind: Kind, regime: Regime) -> CasePolicy:
    """Return how long blocks, warm-up and sustained time are on a kind of device, as documents show it."""
    sustained_s = SUSTAINED_S if regime == "sustained" else None
    block_s = SUSTAINED_BLOCK_S if sustained_s else kind.block_s
    if rules.turns:
        return CasePolicy(min(block_s, TURN_BLOCK_S), TURNS_WARMUP_S, sustained_s)
    return CasePolicy(block_s, kind.warmup_s, sustained_s)


def parse_profile(name: str) -> Profile:
    """Return the profile of that name; raise UsageError naming the three of ``run``."""
    for profile in PROFILES:
        if profile == name and name in RUN_PROFILES:
            return profile
    raise UsageError(Reason("profile_unknown", name=repr(name), known=", ".join(RUN_PROFILES)))
