"""Measures one pair of an A/B: one case in one fresh process per side, which take turns block by block.

A machine shared with others changes its speed within seconds. Two processes that alternate every 30 milliseconds meet
the same machine; the one that waits is suspended, because thread pools spin on after a call. Where a system suspends
nobody it only waits, and a note says so. What belongs to a process from its birth, such as where its memory lies, stays
different between the two and is what the pairs average.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from flopsbench.device import kind_of
from flopsbench.host.parent import CAN_SUSPEND
from flopsbench.measure.profiles import FEWEST_TURNS, PROFILES, TURNS_S
from flopsbench.result.types import Case
from flopsbench.runs import messages
from flopsbench.runs.gather import of_dead_process
from flopsbench.runs.messages import Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.runs.referee import ParentReferee
from flopsbench.track.ab.side import Side
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class SideCase:
    """A SideCase is one case of one side: the case as planned, and the case_id that the side's workers know it by."""

    side: Side
    planned: Case
    id: str


@dataclass(slots=True)
class SideProcess:
    """A SideProcess is the worker of one side of a pair: it runs in its turns and is suspended between them.

    ``ended`` is what the worker reported of its case in the end, None as long as it has not. ``done`` is whether the
    process is over.
    """

    case: SideCase
    worker: WorkerProcess
    ended: messages.Ended | None = None
    done: bool = False

    def take_turn(self, message: bytes = messages.TURN) -> None:
        """Resume the worker with this message, and listen until it waits again or ends."""
        self.worker.resume(message)
        self.listen()

    def listen(self) -> None:
        """Read the worker's events until it waits, and suspend it; or until its end."""
        for event in self.worker.events():
            if isinstance(event, messages.Waiting):
                self.worker.suspend()
                return
            if isinstance(event, messages.Ended):
                self.ended = event
        self.done = True

    def outcome(self) -> messages.Ended:
        """Return what the worker reported of its case, or that the case failed because the process died."""
        if self.ended:
            return self.ended
        return messages.Ended(of_dead_process(self.case.planned, self.worker.last_words()))


def measure_pair(
    a: SideCase, b: SideCase, referee: ParentReferee, *, seed: int, order: int
) -> tuple[messages.Ended, messages.Ended]:
    """Measure one case on both sides, in one fresh process each; return what A and what B came to.

    Which process starts first, and which has the first turn of each round, is drawn at random from ``seed`` and
    ``order``, the number of the pair. On a CPU a third process of side A starts before both and only holds its memory:
    on virtual machines the first to start is given the pages that others have just left, and was seen to be 1 to 4 %
    slower for all its life. Raise FlopsbenchError when a worker refuses the request.
    """
    draw = random.Random(f"{seed}/{order}/{a.id}")
    starting = [a, b]
    draw.shuffle(starting)
    with ExitStack() as stack:
        if kind_of(a.planned.device).is_host:
            stack.enter_context(_started(a, referee, seed, order))
        first, second = (stack.enter_context(_started(case, referee, seed, order)) for case in starting)
        base, new = (first, second) if starting[0] is a else (second, first)
        turns, began, rounds = [first, second], time.perf_counter(), 0
        while _go_on(rounds, time.perf_counter() - began) and not (base.done or new.done):
            draw.shuffle(turns)
            for process in turns:
                process.take_turn()
            rounds += 1
        for process in turns:
            while not process.done:
                process.take_turn(messages.ENOUGH)
    return base.outcome(), new.outcome()


def note_on_turns() -> Iterator[str]:
    """Yield that the process which waits is not suspended, where a system cannot."""
    if not CAN_SUSPEND:
        yield Reason("not_suspended")


def _go_on(rounds: int, elapsed_s: float) -> bool:
    """Return whether there is another round: until the fewest are done, then as long as there is time."""
    return rounds < FEWEST_TURNS or (rounds < PROFILES["ab"].turns and elapsed_s < TURNS_S)


@contextmanager
def _started(case: SideCase, referee: ParentReferee, seed: int, order: int) -> Iterator[SideProcess]:
    """Yield a process that has prepared and warmed up its case and waits for its first turn."""
    request = Request(case.side.options, "ab", seed, order, only=[case.id])
    with case.side.start(request, referee) as worker:
        process = SideProcess(case, worker)
        process.listen()
        yield process
