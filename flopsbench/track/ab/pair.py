"""One case, one fresh process a side, taking turns block by block.

A machine shared with others changes its speed within seconds. Two processes that alternate every 30 milliseconds meet
the same machine; the one that waits is suspended, because thread pools spin on after a call. What belongs to a
process from its birth, such as where its memory lies, stays different between the two and is what the pairs average.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from flopsbench.measure.profiles import FEWEST_TURNS, PROFILES, TURNS_S
from flopsbench.result.types import Case
from flopsbench.runs import messages
from flopsbench.runs.messages import Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.track.ab.side import Arm


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a duel is to run: its arm, the case as planned, and the case_id its workers know it by."""

    arm: Arm
    planned: Case
    id: str


@dataclass(slots=True)
class Duellist:
    """A worker between its turns, and the last word on its case once it has said it."""

    worker: WorkerProcess
    ended: messages.Ended | None = None
    done: bool = False

    def turn(self, told: bytes = messages.TURN) -> None:
        """Let it run until it waits again, or ends."""
        self.worker.resume(told)
        self.run()

    def run(self) -> None:
        """Listen until it waits, and suspend it; or until its end."""
        for event in self.worker.events():
            if isinstance(event, messages.Waiting):
                self.worker.suspend()
                return
            if isinstance(event, messages.Ended):
                self.ended = event
        self.done = True


def duel(a: Side, b: Side, *, seed: int, order: int) -> tuple[messages.Ended, messages.Ended]:
    """Both sides of one case, each with this one process; raise FlopsbenchError when a worker refuses the request.

    Who starts first, and who has the first turn of each round, is drawn at random. On a CPU a third process of side A
    starts before both and only holds its memory: on virtual machines the first to start is given the pages that
    others have just left, and was seen to be 1 to 4 % slower for all its life.
    """
    draw = random.Random(f"{seed}/{order}/{a.id}")
    sides = [a, b]
    draw.shuffle(sides)
    with ExitStack() as stack:
        if a.planned.device == "cpu":
            stack.enter_context(_started(a, seed, order))
        first, second = (stack.enter_context(_started(side, seed, order)) for side in sides)
        turns, began, rounds = [first, second], time.perf_counter(), 0
        while _go_on(rounds, time.perf_counter() - began) and not (first.done or second.done):
            draw.shuffle(turns)
            for duellist in turns:
                duellist.turn()
            rounds += 1
        for duellist in turns:
            while not duellist.done:
                duellist.turn(messages.ENOUGH)
    last = {id(side): _last(duellist, side) for side, duellist in zip(sides, (first, second), strict=True)}
    return last[id(a)], last[id(b)]


def _go_on(rounds: int, elapsed_s: float) -> bool:
    return rounds < FEWEST_TURNS or (rounds < PROFILES["ab"].turns and elapsed_s < TURNS_S)


@contextmanager
def _started(side: Side, seed: int, order: int) -> Iterator[Duellist]:
    """A worker that has prepared and warmed up its case and waits for its first turn."""
    request = Request(side.arm.options, "ab", seed, order, only=[side.id])
    with side.arm.start(request) as worker:
        duellist = Duellist(worker)
        duellist.run()
        yield duellist


def _last(duellist: Duellist, side: Side) -> messages.Ended:
    if duellist.ended:
        return duellist.ended
    told = f"the process that measured it died: {duellist.worker.last_words()}"
    return messages.Ended(replace(side.planned, status="failed", reason=told))
