"""Decides when enough blocks were timed, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flopsbench.stats import median_interval
from flopsbench.units import share
from flopsbench.words.reason import Reason

MIN_BLOCKS = 10
FEWEST_BLOCKS = 6  # of fewer blocks even the whole range does not hold the true median with 95 %
MOST_BLOCKS_KEPT = 60
MOST_WARMUPS_KEPT = 10
SETTLED_AFTER = 20  # blocks
SETTLED_WITHIN = 0.05  # the interval no longer narrows by more than this share over the last 10 blocks


@dataclass(frozen=True, slots=True)
class Stopping:
    """A Stopping is when to stop: at a narrow interval, settled noise, or the end of the time or of the blocks.

    ``target_half_width`` is relative. ``time_s`` is a budget in seconds, not a promise: ``min_blocks`` are always
    taken, or ``fewest_blocks``, where they are given, when the time is over before.
    """

    target_half_width: float
    time_s: float
    min_blocks: int = MIN_BLOCKS
    fewest_blocks: int | None = None
    max_blocks: int = MOST_BLOCKS_KEPT

    def reason(self, block_s: Sequence[float], elapsed_s: float) -> Reason | None:
        """Return why the sampling may end after these blocks, or None."""
        if len(block_s) < self.min_blocks:
            is_short = len(block_s) >= (self.fewest_blocks or self.min_blocks) and elapsed_s >= self.time_s
            return Reason("time_budget") if is_short else None
        if median_interval(block_s).relative_half_width <= self.target_half_width:
            return Reason("interval_within", half_width=share(self.target_half_width, 1))
        if _settled(block_s):
            return Reason("noise_settled")
        if elapsed_s >= self.time_s:
            return Reason("time_budget")
        return Reason("block_budget") if len(block_s) >= self.max_blocks else None


def _settled(block_s: Sequence[float]) -> bool:
    """Return whether ten more blocks hardly narrowed the interval: the noise is then the machine's."""
    if len(block_s) < SETTLED_AFTER:
        return False
    before, now = (median_interval(blocks).relative_half_width for blocks in (block_s[:-10], block_s))
    return now > before * (1 - SETTLED_WITHIN)
