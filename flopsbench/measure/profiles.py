"""Defines the profiles: how long and how carefully a run measures, and how two sides of an A/B take turns."""

from __future__ import annotations

from dataclasses import dataclass

from flopsbench.errors import UsageError
from flopsbench.measure.stopping import Sampling
from flopsbench.result.types import Profile, Regime


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules are what a profile asks for. ``time_s`` is the budget of one process for all its cases, None without one.

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


PROFILES: dict[Profile, Rules] = {
    # Done within a minute on two cores: five or six cases, torch's import and the proofs included.
    "quick": Rules(processes=1, target_half_width=0.01, blocks_a_bracket=3, case_time_s=6, time_s=32),
    "standard": Rules(processes=3, target_half_width=0.005, blocks_a_bracket=1, case_time_s=15),
    "registry": Rules(processes=5, target_half_width=0.005, blocks_a_bracket=1, case_time_s=15, sustained=True),
    # Fourteen pairs call a 3 % slowdown against a margin of 2 % nine times of ten, one process in ten being slowed.
    "ab": Rules(processes=14, target_half_width=0.005, blocks_a_bracket=1, case_time_s=6, turns=40),
}
RUN_PROFILES = ("quick", "standard", "registry")

# A block covers at least one period of a CPU quota (100 ms); a GPU has none, and finer telemetry.
BLOCK_S = {"cpu": 0.1, "cuda": 0.025}
WARMUP_S = {"cpu": 0.5, "cuda": 1.0}
# Taking turns: short ones, as what both sides must meet alike lasts less than a tenth of a second on shared machines;
# at least FEWEST_TURNS each, then until both together have taken TURNS_S. What is not yet warm is so on both sides.
TURN_BLOCK_S, TURNS_WARMUP_S = 0.03, 0.2
FEWEST_TURNS, TURNS_S = 12, 3.2
SUSTAINED_S = 30.0
SUSTAINED_BLOCK_S = 0.5
SAMPLING_SHARE = 0.6  # of a case's time: the rest goes to operands, probe, warm-up and proof
PATIENCE = 4  # times its time a case may be expected to take


def sampling(rules: Rules, device_kind: str, regime: Regime, case_time_s: float) -> Sampling:
    """Return how one case is sampled on a kind of device, given the seconds it has."""
    sustained = regime == "sustained"
    return Sampling(
        block_s=_block_s(rules, device_kind, sustained),
        warmup_s=TURNS_WARMUP_S if rules.turns else WARMUP_S.get(device_kind, WARMUP_S["cuda"]),
        target_half_width=rules.target_half_width,
        case_time_s=max(case_time_s, 0.0) * SAMPLING_SHARE,
        blocks_a_bracket=rules.blocks_a_bracket,
        patience_s=PATIENCE * max(case_time_s, rules.case_time_s),
        sustained_s=SUSTAINED_S if sustained else 0.0,
        turns=rules.turns,
    )


def _block_s(rules: Rules, device_kind: str, sustained: bool) -> float:
    usual_s = SUSTAINED_BLOCK_S if sustained else BLOCK_S.get(device_kind, BLOCK_S["cuda"])
    return min(usual_s, TURN_BLOCK_S) if rules.turns else usual_s


def parse_profile(name: str) -> Profile:
    """Return the profile of that name; raise UsageError naming the three of ``run``."""
    for profile in PROFILES:
        if profile == name and name in RUN_PROFILES:
            return profile
    raise UsageError(f"unknown profile {name!r}: there are {', '.join(RUN_PROFILES)}")
