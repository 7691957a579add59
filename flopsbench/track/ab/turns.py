"""Lets processes of one case take turns block by block: two of a pair, or as many as one experiment compares.

A machine shared with others changes its speed within seconds. Processes that alternate every 30 milliseconds meet the
same machine; those that wait are suspended, because thread pools spin on after a call. Where a system suspends nobody
they only wait, and a note says so. What belongs to a process from its birth, such as where its memory lies, stays
different among them and is what fresh processes average.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

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
    """A SideCase is one case of one side: the case as planned, and the case_id that the side's workers know it by.

    Before each of its turns everything rests for ``rest_s`` seconds. A block of it takes ``block_s`` seconds, where
    that is not as usual.
    """

    side: Side
    planned: Case
    id: str
    rest_s: float = 0.0
    block_s: float | None = None


class TurnsPace(NamedTuple):
    """A TurnsPace is how many turns each process has: ``fewest``, then up to ``most`` for ``seconds`` in all."""

    fewest: int
    most: int
    seconds: float

    def goes_on(self, rounds: int, elapsed_s: float) -> bool:
        """Return whether there is another round."""
        return rounds < self.fewest or (rounds < self.most and elapsed_s < self.seconds)


PACE_OF_PAIRS = TurnsPace(FEWEST_TURNS, PROFILES["ab"].turns, TURNS_S)


@dataclass(slots=True)
class SideProcess:
    """A SideProcess is the worker of one side: it runs in its turns and is suspended between them.

    ``ended`` is what the worker reported of its case in the end, None as long as it has not. ``done`` is whether the
    process is over.
    """

    case: SideCase
    worker: WorkerProcess
    ended: messages.Ended | None = None
    done: bool = False

    def take_turn(self, message: bytes = messages.TURN) -> None:
        """Resume the worker with this message, and listen until it waits again or ends."""
        if self.case.rest_s:
            time.sleep(self.case.rest_s)
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


def take_turns(
    cases: Sequence[SideCase], referee: ParentReferee, *, seed: int, order: int, pace: TurnsPace = PACE_OF_PAIRS
) -> list[messages.Ended]:
    """Measure all cases in one fresh process each, in turns; return what each came to, in the order given.

    In which order they start, and have their turns in each round, is drawn at random from ``seed`` and ``order``, the
    number of this set of processes. One that ends early leaves the turns to the others, as long as two are left. On a
    CPU a further process of the first case starts before all and only holds its memory: on virtual machines the first
    to start is given the pages that others have just left, and was seen to be 1 to 4 % slower for all its life. Raise
    FlopsbenchError when a worker refuses the request.
    """
    draw = random.Random(f"{seed}/{order}/{cases[0].id}")
    places = draw.sample(range(len(cases)), len(cases))
    with ExitStack() as stack:
        if kind_of(cases[0].planned.device).is_host:
            stack.enter_context(_started(cases[0], referee, seed, order))
        processes = {place: stack.enter_context(_started(cases[place], referee, seed, order)) for place in places}
        turns, began, rounds = list(processes.values()), time.perf_counter(), 0
        while len(running := [each for each in turns if not each.done]) > 1:
            if not pace.goes_on(rounds, time.perf_counter() - began):
                break
            draw.shuffle(running)
            for process in running:
                process.take_turn()
            rounds += 1
        for process in turns:
            while not process.done:
                process.take_turn(messages.ENOUGH)
    return [processes[place].outcome() for place in sorted(processes)]


def note_on_turns() -> Iterator[str]:
    """Yield that the process which waits is not suspended, where a system cannot."""
    if not CAN_SUSPEND:
        yield Reason("not_suspended")


@contextmanager
def _started(case: SideCase, referee: ParentReferee, seed: int, order: int) -> Iterator[SideProcess]:
    """Yield a process that has prepared and warmed up its case and waits for its first turn."""
    request = Request(case.side.options, "ab", seed, order, only=[case.id], block_s=case.block_s)
    with case.side.start(request, referee) as worker:
        process = SideProcess(case, worker)
        process.listen()
        yield process
