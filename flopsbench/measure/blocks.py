"""Times blocks of one prepared job: the warm-up, then blocks between ceilings, back to back, or in turns.

This is where a block is timed. It knows no array library and no kind of device.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flopsbench.backend import Job
from flopsbench.measure.instruments import Instruments
from flopsbench.measure.stopping import Sampling
from flopsbench.result.types import significant
from flopsbench.words.reason import Reason

STEADY_WITHIN = 0.01  # warm-up ends when two windows in a row agree

Now = Callable[[], float]
OnBlock = Callable[[int, float], None]  # blocks so far, seconds per launch in the last one
# Lets the other process have its turn, and returns at this one's next whether to time another block.
HandOver = Callable[[], bool]


def keep_on() -> bool:
    """Take the next turn at once: there is no other process to take turns with."""
    return True


def ignore_block(count: int, launch_s: float) -> None:
    """Do nothing with a block, where no caller watches."""


@dataclass(slots=True)
class Blocks:
    """Blocks holds everything that was timed, in order.

    ``seconds`` are by the clock that counts, ``host_seconds`` by the host's clock where that is another one;
    ``ceilings`` are pairs of FLOP/s or OP/s, before and after each block.
    """

    loops: int
    seconds: list[float] = field(default_factory=list)
    host_seconds: list[float] = field(default_factory=list)
    ceilings: list[tuple[float, float]] = field(default_factory=list)
    stop_reason: str = ""


@dataclass(frozen=True, slots=True)
class Sampler:
    """A Sampler times one job by given rules and reads instruments around its blocks."""

    job: Job
    sampling: Sampling
    instruments: Instruments
    on_block: OnBlock = ignore_block
    now: Now = time.perf_counter
    hand_over: HandOver = keep_on

    def warm_up(self, first_launch_s: float) -> list[float]:
        """Launch until clocks and caches are steady or patience ends; return the seconds per launch of each window."""
        return list(self._windows(first_launch_s))

    def _windows(self, launch_s: float) -> Iterator[float]:
        began, previous_s = self.now(), 0.0
        while True:
            loops = max(1, int(self.sampling.block_s / launch_s))
            launch_s = self.job.clock.time(self.job.launch, loops).seconds / loops
            yield launch_s
            steady = abs(launch_s - previous_s) <= STEADY_WITHIN * launch_s
            if self.now() - began >= (self.sampling.warmup_s if steady else self.sampling.longest_warmup_s):
                return
            previous_s = launch_s

    def sample(self, loops: int) -> Blocks:
        """Time blocks of ``loops`` launches until there is a reason to stop."""
        if self.sampling.turns:
            return self._alternate(Blocks(loops))
        return self._sustain(Blocks(loops)) if self.sampling.sustained_s else self._bracket(Blocks(loops))

    def _bracket(self, blocks: Blocks) -> Blocks:
        """Time groups of blocks, with the ceiling measured before and after each group."""
        began, before = self.now(), self.instruments.look()
        while not blocks.stop_reason:
            self._lead_in(self.instruments.lead_in_s)
            self._group(blocks, began)
            after = self.instruments.look()
            self._pair(blocks, before, after)
            before = after
        return blocks

    def _pair(self, blocks: Blocks, before: float | None, after: float | None) -> None:
        """Set the ceilings on both sides beside each block that has none yet."""
        if before and after:
            pair = (significant(before), significant(after))
            blocks.ceilings += [pair] * (len(blocks.seconds) - len(blocks.ceilings))

    def _group(self, blocks: Blocks, began: float) -> None:
        """Time the blocks of one bracket, fewer when there is a reason to stop."""
        self.instruments.start()
        for _ in range(self.sampling.blocks_a_bracket):
            self._time(blocks)
            blocks.stop_reason = self.sampling.reason_to_stop(blocks.seconds, self.now() - began) or ""
            if blocks.stop_reason:
                break
        self.instruments.stop()

    def _sustain(self, blocks: Blocks) -> Blocks:
        """Time blocks back to back for the whole time; those begun in its last seconds count.

        The sensors cover the blocks that count. Nothing may come between the blocks: all of them share the ceiling
        before the first and after the last.
        """
        before = self.instruments.look()
        began, heating = self.now(), Blocks(blocks.loops)
        while self.now() - began < self.sampling.sustained_s - self.sampling.sustained_tail_s:
            self._time(heating)
        self.instruments.start()
        while not blocks.stop_reason:
            self._time(blocks)
            blocks.stop_reason = self.sampling.reason_to_stop(blocks.seconds, self.now() - began) or ""
        self.instruments.stop()
        self._pair(blocks, before, self.instruments.look())
        return blocks

    def _alternate(self, blocks: Blocks) -> Blocks:
        """Time one block per turn. Whatever slows the machine for longer than two turns slows both processes alike."""
        self.hand_over()
        before = self.instruments.look()
        while True:
            self._lead_in(self.sampling.turn_lead_in_s)
            self.instruments.start()
            self._time(blocks)
            self.instruments.stop()
            if not self.hand_over():
                break
        blocks.stop_reason = Reason("turns_taken")
        self._pair(blocks, before, self.instruments.look())
        return blocks

    def _lead_in(self, seconds: float) -> None:
        """Launch without timing, to wake the thread pools and bring the clock to where the work keeps it."""
        began = self.now()
        while self.now() - began < seconds:
            self.job.clock.time(self.job.launch, 1)

    def _time(self, blocks: Blocks) -> None:
        """Time one block. C is spoiled first, so that launches which do nothing cannot show an older product."""
        self.job.spoil()
        elapsed = self.job.clock.time(self.job.launch, blocks.loops)
        blocks.seconds.append(significant(elapsed.seconds))
        if elapsed.host_seconds is not None:
            blocks.host_seconds.append(significant(elapsed.host_seconds))
        self.on_block(len(blocks.seconds), elapsed.seconds / blocks.loops)
