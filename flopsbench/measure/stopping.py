"""Decides when to stop: how many launches make a block, how many blocks make a measurement, and why it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flopsbench.stats import median_interval
from flopsbench.units import share
from flopsbench.words.reason import Reason

MIN_BLOCKS = 10
MOST_BLOCKS_KEPT = 60
SETTLED_AFTER = 20  # blocks
SETTLED_WITHIN = 0.05  # the interval no longer narrows by more than this share over the last 10 blocks


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling says how one case is sampled in one process. Times are in seconds, ``target_half_width`` is relative.

    ``case_time_s`` is a budget, not a promise: the least number of blocks is always taken. ``blocks_a_bracket``
    blocks share the ceilings measured before and after them. A case whose least number of blocks would take more than
    ``patience_s`` is refused before it is begun. ``sustained_s`` above 0 runs blocks back to back for
    that long, without brackets; the last ``sustained_tail_s`` count. ``turns`` above 0 is the most blocks that are
    taken in turns with another process, each after ``turn_lead_in_s`` of untimed launches.
    """

    block_s: float
    warmup_s: float
    target_half_width: float
    case_time_s: float
    blocks_a_bracket: int
    patience_s: float = 24.0
    min_blocks: int = MIN_BLOCKS
    max_blocks: int = MOST_BLOCKS_KEPT
    sustained_s: float = 0.0
    sustained_tail_s: float = 10.0
    turns: int = 0
    turn_lead_in_s: float = 0.008

    @property
    def longest_warmup_s(self) -> float:
        """Return when an unsteady warm-up is given up: after four times its length, or the case's whole time.

        Where turns are taken, at once: what is unsteady is the machine, and both processes will meet it.
        """
        return self.warmup_s if self.turns else max(self.warmup_s, min(4 * self.warmup_s, self.case_time_s))

    def loops(self, launch_s: float) -> int:
        """Return how many launches fill a block, given the seconds per launch."""
        return max(1, math.ceil(self.block_s / launch_s))

    def reason_to_stop(self, block_s: Sequence[float], elapsed_s: float) -> Reason | None:
        """Return why the sampling may end after these blocks, or None."""
        if self.sustained_s:
            return Reason("sustained_time_reached") if elapsed_s >= self.sustained_s else None
        if len(block_s) < self.min_blocks:
            return None
        if median_interval(block_s).relative_half_width <= self.target_half_width:
            return Reason("interval_within", half_width=share(self.target_half_width, 1))
        if _settled(block_s):
            return Reason("noise_settled")
        if elapsed_s >= self.case_time_s:
            return Reason("time_budget")
        return Reason("block_budget") if len(block_s) >= self.max_blocks else None


def _settled(block_s: Sequence[float]) -> bool:
    """Return whether ten more blocks hardly narrowed the interval: the noise is then the machine's."""
    if len(block_s) < SETTLED_AFTER:
        return False
    before, now = (median_interval(blocks).relative_half_width for blocks in (block_s[:-10], block_s))
    return now > before * (1 - SETTLED_WITHIN)
