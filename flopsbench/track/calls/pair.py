"""Measures one pair: the calls of a project in one fresh process per side, which take turns block by block.

The rules are those of ``track.ab.turns``; one process goes through all tests, as fixtures and imports may be dear. Both
go through them in one order, and whichever comes first to a call waits there for the other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.measure.profiles import PROFILES, TURNS_S
from flopsbench.result.types import Process
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.messages import Asked, CallLost
from flopsbench.track.calls.process import SideOfPair, lost_in, started

FEWEST_ROUNDS = 3  # of calls that take so long that a few fill the time


class HalfOfPair(NamedTuple):
    """A HalfOfPair is what one side of a pair came to: blocks by call, and what gave none, by test or call."""

    timed: dict[str, Process]
    lost: dict[str, CallLost]


def measure_calls(
    a: Side, b: Side, asked: Asked, calls: Sequence[str], seed: int, on_host: bool = True
) -> tuple[HalfOfPair, HalfOfPair]:
    """Measure these calls on both sides; return what A and what B came to.

    Which process starts first, and which has the first turn of each round, is drawn from ``seed`` and the number of the
    pair. A third process of side A goes before both and only holds its memory, where all is computed ``on_host`` (see
    ``track.ab.turns``).
    """
    asked = replace(asked, only=list(calls))
    draw = random.Random(f"{seed}/{asked.order}")
    starting = [a, b]
    draw.shuffle(starting)
    with ExitStack() as stack:
        if on_host:
            stack.enter_context(_waiting(a, asked))
        first, second = (stack.enter_context(_waiting(side, asked)) for side in starting)
        base, new = (first, second) if starting[0] is a else (second, first)
        met = set[str]()
        while not (base.is_over and new.is_over):
            if base.at is not None and base.at == new.at:
                met.add(base.at)
                _together(base, new, draw)
            else:
                _let_pass(base, new, calls)
    return _half(base, calls, met), _half(new, calls, met)


def _together(base: SideOfPair, new: SideOfPair, draw: random.Random) -> None:
    """Let both take turns at the call that they wait at, and go on to the next."""
    here, turns, began, rounds = base.at, [base, new], time.perf_counter(), 0
    while _go_on(rounds, time.perf_counter() - began):
        draw.shuffle(turns)
        for side in turns:
            side.take_turn()
        rounds += 1
        if any(side.at != here for side in turns):
            return
    for side in turns:
        side.release()


def _go_on(rounds: int, elapsed_s: float) -> bool:
    """Return whether there is another round."""
    return rounds < FEWEST_ROUNDS or (rounds < PROFILES["ab"].turns and elapsed_s < TURNS_S)


def _let_pass(base: SideOfPair, new: SideOfPair, calls: Sequence[str]) -> None:
    """Let the side go on that waits at a call which the other does not come to, or not yet."""
    waiting = [side for side in (base, new) if side.at is not None]
    min(waiting, key=lambda side: calls.index(side.at or "")).release()


def _half(side: SideOfPair, calls: Sequence[str], met: Set[str]) -> HalfOfPair:
    """Return what one side came to, now that its process is gone."""
    timed = {name: process for name, process in side.timed.items() if name in met}
    return HalfOfPair(timed, lost_in(side, calls))


@contextmanager
def _waiting(side: Side, asked: Asked) -> Iterator[SideOfPair]:
    """Yield a process that waits at its first call, or is over without any."""
    with started(side, asked) as process:
        one = SideOfPair(side, process)
        one.hear()
        yield one
