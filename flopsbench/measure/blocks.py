"""Times the work of one process: the warm-up, then blocks, in the order that a schedule puts them in.

This is where a block is timed. It knows no array library, no kind of device and no operation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import process_time
from typing import Literal

from flopsbench.backend import Work
from flopsbench.measure.instruments import Instruments
from flopsbench.result.types import CasePolicy, significant

STEADY_WITHIN = 0.01  # warm-up ends when two windows in a row agree
FAR_SHORTER = 2  # times than asked for: then the machine was busy in the warm-up, and blocks of more launches are due
MOST_TIMES_MORE = 8  # than at first: that much a busy machine was seen to take, and who puts his work off has to do it

# What a process is doing while whoever started it waits for its next word.
Step = Literal["start", "import", "devices", "prepare", "first_launch", "launch", "block", "ceiling", "fetch"]

Now = Callable[[], float]
OnBlock = Callable[[int, float, float], None]  # blocks so far, seconds per launch of the last, host's seconds of it


def ignore_block(count: int, launch_s: float, host_s: float) -> None:
    """Do nothing with a block, where no caller watches."""


def begin_at_once() -> None:
    """Begin a block: nobody keeps time beside this process."""


def keep_step(step: Step, expected_s: float = 0.0) -> None:
    """Do nothing with a step that begins, where nobody waits for this process."""


def keep_work(launch_s: float, loops: int) -> None:
    """Do nothing with work that is ready for blocks of any length."""


@dataclass(slots=True)
class Blocks:
    """Blocks holds everything that was timed, in order.

    ``seconds`` are by the clock that counts, ``host_seconds`` by the host's clock where that is another one;
    ``ceilings`` are pairs of FLOP/s or OP/s, before and after each block. ``processor_s`` is what the process used of
    processors within the blocks, ``processor_after_s`` what it used right after them, while they were looked at.
    They may begin again with up to ``most_loops`` launches.
    """

    loops: int
    seconds: list[float] = field(default_factory=list)
    host_seconds: list[float] = field(default_factory=list)
    ceilings: list[tuple[float, float]] = field(default_factory=list)
    stop_reason: str = ""
    processor_s: float = 0.0
    processor_after_s: float = 0.0
    most_loops: int = field(init=False)

    def __post_init__(self) -> None:
        self.most_loops = MOST_TIMES_MORE * self.loops

    def begin_again(self, loops: int) -> None:
        """Drop what was timed, for blocks of so many launches."""
        self.loops = loops
        self.seconds, self.host_seconds, self.ceilings = [], [], []
        self.processor_s = self.processor_after_s = 0.0

    def pair(self, before: float | None, after: float | None) -> None:
        """Set the ceilings on both sides beside each block that has none yet."""
        if before and after:
            pair = (significant(before), significant(after))
            self.ceilings += [pair] * (len(self.seconds) - len(self.ceilings))


@dataclass(frozen=True, slots=True)
class Sampler:
    """A Sampler times one work and reads instruments around its blocks.

    ``policy`` says how long its windows and its warm-up are; an unsteady warm-up is given up after
    ``longest_warmup_s``. ``schedule`` puts blocks, lead-ins and looks at the ceiling in their order. ``begin`` is
    called right before the clock of each timed block starts, ``step`` before whatever may hang, with the seconds that
    it is expected to take: those of a launch are at most ``longest_launch_s``. ``settle`` makes the work ready for
    blocks, given the seconds per launch and the launches of each.
    """

    work: Work
    policy: CasePolicy
    longest_warmup_s: float
    schedule: Schedule
    instruments: Instruments
    on_block: OnBlock = ignore_block
    now: Now = time.perf_counter
    begin: Callable[[], None] = begin_at_once
    step: Callable[[Step, float], None] = keep_step
    longest_launch_s: float = 0.0
    settle: Callable[[float, int], None] = keep_work

    def warm_up(self, first_launch_s: float) -> list[float]:
        """Launch until clocks and caches are steady or patience ends; return the seconds per launch of each window."""
        return list(self._windows(first_launch_s))

    def _windows(self, launch_s: float) -> Iterator[float]:
        began, previous_s = self.now(), 0.0
        while True:
            loops = max(1, int(self.policy.block_s / launch_s))
            self.step("launch", max(self.policy.block_s, launch_s))
            launch_s = self.work.clock.time(self.work.launch, loops).seconds / loops
            yield launch_s
            steady = abs(launch_s - previous_s) <= STEADY_WITHIN * launch_s
            if self.now() - began >= (self.policy.warmup_s if steady else self.longest_warmup_s):
                return
            previous_s = launch_s

    def sample(self, launch_s: float) -> Blocks:
        """Time blocks of as many launches as fill one, by the schedule, until it has a reason to stop."""
        blocks = Blocks(self.loops(launch_s))
        self._settle(launch_s, blocks.loops)
        blocks.stop_reason = self.schedule(self, blocks)
        return blocks

    def _settle(self, launch_s: float, loops: int) -> None:
        """Make the work ready for blocks of so many launches."""
        self.step("prepare", 0.0)
        self.settle(launch_s, loops)

    def loops(self, launch_s: float) -> int:
        """Return how many launches fill a block, given the seconds per launch."""
        return max(1, math.ceil(self.policy.block_s / launch_s))

    def lead_in(self, seconds: float) -> None:
        """Launch without timing, to wake the thread pools and bring the clock to where the work keeps it."""
        self.step("launch", self.longest_launch_s)
        began = self.now()
        while self.now() - began < seconds:
            self.work.clock.time(self.work.launch, 1)

    def look(self) -> float | None:
        """Measure the limit of the silicon now, in the ceiling's unit; None where nothing can."""
        self.step("ceiling", 0.0)
        return self.instruments.look()

    def time(self, blocks: Blocks, may_begin_again: bool = True) -> None:
        """Time one block. The output is spoiled first: launches which do nothing cannot show an older one.

        One far shorter than the policy asks is dropped with those before it, and the next has more launches:
        on a machine that is busy in the warm-up alone, a launch took several times as long there.
        """
        self.step("prepare", 0.0)
        self.work.spoil()
        self.step("block", max(self.policy.block_s, *blocks.seconds[-1:], self.longest_launch_s))
        self.begin()
        before_s = process_time()
        elapsed = self.work.clock.time(self.work.launch, blocks.loops)
        after_s = process_time()
        blocks.seconds.append(significant(elapsed.seconds))
        if elapsed.host_seconds is not None:
            blocks.host_seconds.append(significant(elapsed.host_seconds))
        host_s = elapsed.seconds if elapsed.host_seconds is None else elapsed.host_seconds
        self.on_block(len(blocks.seconds), elapsed.seconds / blocks.loops, host_s)
        self.work.inspect(blocks.loops, blocks.seconds[-1])
        blocks.processor_s += after_s - before_s
        blocks.processor_after_s += process_time() - after_s
        if may_begin_again and elapsed.seconds * FAR_SHORTER < self.policy.block_s:
            self._begin_again(blocks, elapsed.seconds / blocks.loops)

    def _begin_again(self, blocks: Blocks, launch_s: float) -> None:
        """Drop the blocks for longer ones, unless they have as many launches as they may."""
        loops = min(self.loops(launch_s), blocks.most_loops)
        if loops > blocks.loops:
            blocks.begin_again(loops)
            self._settle(launch_s, loops)


# Times blocks by a sampler until there is a reason to stop, which it returns.
Schedule = Callable[[Sampler, Blocks], str]
