"""Measures a whole program on two sides: the wall time of processes that take turns, from their start to their end."""

from __future__ import annotations

import random
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.parent import end_session
from flopsbench.measure.profiles import TURNS_S
from flopsbench.measure.schedules import TURNS_TAKEN
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Process, significant
from flopsbench.runs.bounds.guarded import last_words
from flopsbench.runs.bounds.scratch import scratch_file
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.messages import CallFound, CallLost
from flopsbench.track.calls.pair import HalfOfPair
from flopsbench.track.calls.target import CallTarget
from flopsbench.words.reason import Reason

MOST_ROUNDS = 10  # of a pair; a program that takes a second has four
LOOKS_AT_NOTHING = 11  # runs of a program that does nothing


class Ran(NamedTuple):
    """A Ran is one run of a program: its wall time in seconds, and why it failed, if it did."""

    seconds: float
    failed: str | None = None


def run_once(side: Side, words: Sequence[str]) -> Ran:
    """Run a command of a side to its end; what it prints is dropped."""
    with scratch_file() as complaints:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                words,
                cwd=side.folder,
                env=side.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            return Ran(0.0, Reason("command_not_started", word=words[0], error=error.strerror))
        try:
            code = process.wait()
        except BaseException:
            end_session(process.pid)
            process.wait()
            raise
        seconds = time.perf_counter() - began
        return Ran(seconds, last_words(code, complaints) if code else None)


def first_run(side: Side, target: CallTarget) -> None:
    """Run the command of a side once, so that its files lie in memory; raise UsageError where it fails."""
    if failed := run_once(side, target.arguments).failed:
        raise command_error(side, target, failed)


def command_error(side: Side, target: CallTarget, why: str) -> UsageError:
    """Return the error that the command of a side has failed."""
    return UsageError(Reason("command_failed", side=side.name, command=repr(command_call(target).name), why=why))


def command_call(target: CallTarget) -> CallFound:
    """Return the one call that a command is."""
    name = shlex.join(target.arguments)
    return CallFound(name, name, target.work)


def measure_command(a: Side, b: Side, target: CallTarget, order: int, seed: int) -> tuple[HalfOfPair, HalfOfPair]:
    """Run the command on both sides by turns, one run a turn; return what A and what B came to."""
    draw = random.Random(f"{seed}/{order}")
    seconds: tuple[list[float], list[float]] = ([], [])
    began = time.perf_counter()
    while len(seconds[0]) < MOST_ROUNDS and (not seconds[0] or time.perf_counter() - began < TURNS_S):
        turns = [0, 1]
        draw.shuffle(turns)
        for side in turns:
            ran = run_once((a, b)[side], target.arguments)
            if ran.failed:
                return _failed(target, ran, side)
            seconds[side].append(ran.seconds)
    return _half(target, seconds[0], order), _half(target, seconds[1], order)


def command_process(side: Side, target: CallTarget, order: int) -> Process:
    """Run the command of one side alone, as often as a pair would; raise UsageError where it fails."""
    seconds: list[float] = []
    while len(seconds) < MOST_ROUNDS and sum(seconds) < TURNS_S:
        ran = run_once(side, target.arguments)
        if ran.failed:
            raise command_error(side, target, ran.failed)
        seconds.append(ran.seconds)
    return _process(seconds, order)


def _half(target: CallTarget, seconds: list[float], order: int) -> HalfOfPair:
    """Return what one side came to."""
    return HalfOfPair({command_call(target).name: _process(seconds, order)}, {})


def _process(seconds: list[float], order: int) -> Process:
    """Return runs as a process of a document, each a block of one."""
    return Process(
        order=order,
        position=0,
        loops=1,
        blocks_total=len(seconds),
        first_launch_s=significant(seconds[0]),
        block_s=[significant(each) for each in seconds],
        **sentence_fields(stop_reason=TURNS_TAKEN),
        wall_s=significant(sum(seconds)),
    )


def _failed(target: CallTarget, ran: Ran, side: int) -> tuple[HalfOfPair, HalfOfPair]:
    """Return two halves of which one says why its run failed."""
    name = command_call(target).name
    lost = CallLost(name, "failed", **sentence_fields(reason=ran.failed))
    halves = [HalfOfPair({}, {}), HalfOfPair({}, {})]
    halves[side] = HalfOfPair({}, {name: lost})
    return halves[0], halves[1]


def start_up_s() -> float | None:
    """Return how long a program that does nothing takes here, from its start to its end; None where there is none."""
    nothing = shutil.which("true")
    if nothing is None:
        return None
    return median(_seconds(nothing) for _ in range(LOOKS_AT_NOTHING))


def _seconds(program: str) -> float:
    """Return the wall time of one run of a program."""
    began = time.perf_counter()
    subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began
