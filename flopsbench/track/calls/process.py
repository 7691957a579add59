"""Runs the process of one side for its parent: hears what it has measured, and gives it its turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from flopsbench.result.said import as_reason, sentence_fields
from flopsbench.result.types import Process
from flopsbench.runs.bounds.guarded import GuardedProcess
from flopsbench.runs.gather import why_it_died
from flopsbench.runs.messages import ENOUGH, TURN
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.messages import (
    AllCalled,
    Asked,
    BegunTest,
    CallEvent,
    CallFound,
    CallLost,
    CallReady,
    CallsRefused,
    CallTimed,
    CodeSeen,
    PathAbsent,
)
from flopsbench.units import general
from flopsbench.words.reason import Reason

DOTS = re.compile(r": [.FEsxXR]+( +\[ *[0-9]+%\])?$")
LONGEST_SILENCE_S = 900.0  # of a process that imports, sets up a test, or warms it up


@dataclass(slots=True)
class SideOfPair:
    """A SideOfPair is the process of one side: ``at`` is the call that waits for its turn, None where it is over.

    ``found`` are the calls that it has, ``timed`` what it measured, ``lost`` the tests that gave nothing, with reasons.
    ``under_way`` is the test that began last, ``absent`` are places of tests that are not there, ``seen`` is whose code
    was loaded, where that was asked. Its process ``is_complete`` where it has come to its end.
    """

    side: Side
    process: GuardedProcess
    at: str | None = None
    is_over: bool = False
    found: dict[str, CallFound] = field(default_factory=dict)
    timed: dict[str, Process] = field(default_factory=dict)
    lost: dict[str, CallLost] = field(default_factory=dict)
    under_way: str | None = None
    absent: list[str] = field(default_factory=list)
    seen: CodeSeen | None = None
    is_complete: bool = False
    refused: str | None = None

    def take_turn(self, told: bytes = TURN) -> None:
        """Let the call that waits take a block, or with ENOUGH come to its end, and hear until one waits again."""
        self.process.resume(told)
        self.hear()

    def release(self) -> None:
        """Let the call that waits come to its end, and hear until the next one waits."""
        here = self.at
        while self.at == here and not self.is_over:
            self.take_turn(ENOUGH)

    def hear(self) -> None:
        """Take events until a call waits, and suspend the process; or until its end."""
        self.at = None
        for event in self._events():
            if isinstance(event, CallReady):
                self.at = event.name
                self.process.suspend()
                return
            self._take(event)
        self.is_over = True

    def _take(self, event: CallEvent) -> None:
        """Keep what an event says."""
        if isinstance(event, CallFound):
            self.found[event.name] = event
        elif isinstance(event, CallTimed):
            self.timed[event.name] = event.process
        elif isinstance(event, CallLost):
            self.lost[event.test] = event
        elif isinstance(event, BegunTest):
            self.under_way = event.test
        elif isinstance(event, PathAbsent):
            self.absent.append(event.path)
        elif isinstance(event, CallsRefused):
            self.refused = as_reason(event.message, event.message_said)
        elif isinstance(event, CodeSeen):
            self.seen = event
        elif isinstance(event, AllCalled):
            self.is_complete = True

    def _events(self) -> Iterator[CallEvent]:
        """Yield events until the process ends; one that says nothing for too long is ended."""
        while True:
            try:
                line = self.process.line(LONGEST_SILENCE_S)
            except TimeoutError:
                self.process.end(Reason("call_hung", seconds=general(LONGEST_SILENCE_S)))
                return
            if not line.endswith(b"\n"):
                return
            yield _DECODER.decode(line)

    def last_words(self) -> str:
        """Return why the process ended without having come to its end; known once its context has been left.

        The dots by which pytest counts tests are no words.
        """
        words = self.process.last_words()
        return why_it_died(words if isinstance(words, Reason) else DOTS.sub("", words))


def lost_in(side: SideOfPair, calls: Sequence[str]) -> dict[str, CallLost]:
    """Return what gave nothing in a process that is gone, by test or call.

    Where it died, the first call without blocks was under way.
    """
    lost = dict(side.lost)
    if not side.is_complete or side.refused is not None:
        told = side.refused or side.last_words()
        name = next((name for name in calls if name not in side.timed), calls[-1])
        lost[name] = CallLost(name, "failed", **sentence_fields(reason=told))
    return lost


def started(side: Side, asked: Asked) -> GuardedProcess:
    """Return a process of a side that has been told what to measure."""
    process = GuardedProcess(
        [side.python, "-P", "-m", "flopsbench.track.calls.inside.worker"], side.environment, side.folder
    )
    process.answer(msgspec.json.encode(replace(asked, places=side.places)) + b"\n")
    return process


_DECODER: msgspec.json.Decoder[CallEvent] = msgspec.json.Decoder(CallEvent)
