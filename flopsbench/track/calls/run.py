"""Compares a project's own code on two sides: its calls are measured in pairs, and judged as any A/B is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flopsbench.host import environment
from flopsbench.result.said import sentence_fields
from flopsbench.runs.gather import header
from flopsbench.track import defaults
from flopsbench.track.ab.ab import OnNote, OnProgress, Progress, check_pairs, ignore_note, ignore_progress
from flopsbench.track.ab.looks import flagged, too_few_pairs
from flopsbench.track.ab.outcome import Outcome
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.command import command_call, first_run, measure_command, run_once, start_up_s
from flopsbench.track.calls.found import (
    CallPairs,
    SideOfCall,
    calls_of_sides,
    looked_at,
    refuse_absent,
    refuse_refused,
    refuse_same_code,
)
from flopsbench.track.calls.messages import Asked, CallLost
from flopsbench.track.calls.outcome import SideOfRun, calls_outcome
from flopsbench.track.calls.pair import HalfOfPair, measure_calls
from flopsbench.track.calls.target import CallTarget, with_target
from flopsbench.units import duration
from flopsbench.words.reason import Reason

# Measures one pair of these calls, given its number.
MeasurePair = Callable[[Sequence[CallPairs], int], tuple[HalfOfPair, HalfOfPair]]


@dataclass(frozen=True, slots=True)
class ReadyCalls:
    """A ReadyCalls is what was found on two sides, and how a pair is measured; ``notes`` are for the reader."""

    calls: list[CallPairs]
    sides: tuple[SideOfRun, SideOfRun]
    measure_pair: MeasurePair
    notes: list[str]


def ab_calls(
    a: Side,
    b: Side,
    target: CallTarget,
    *,
    pairs: int = defaults.PAIRS,
    margin: float = defaults.MARGIN,
    seed: int | None = None,
    on_progress: OnProgress = ignore_progress,
    on_note: OnNote = ignore_note,
    only: str | None = None,
) -> Outcome:
    """Compare the calls of a target on two sides, or ``only`` one; Ctrl-C keeps the pairs that are done.

    ``margin`` is a share. What is known before the first pair is told to ``on_note``. Raise UsageError where the sides
    would run the same code, and where the base cannot run its own; NothingMeasurable where neither has a call.
    """
    check_pairs(pairs)
    about = header(with_target(a.options, target), "ab")
    drawn = secrets.randbelow(2**31) if seed is None else seed
    ready = (_ready_command if target.kind == "command" else _ready_calls)(a, b, target, drawn)
    if only is not None:
        ready = replace(ready, calls=[call for call in ready.calls if call.name == only])
    if few := too_few_pairs(pairs, sum(call.alive for call in ready.calls)):
        on_note(few)
    interrupted = False
    try:
        _measure(ready, {call.name for call in ready.calls}, pairs, on_progress)
        _measure(ready, flagged(ready.calls, margin), pairs, on_progress, again=True)
    except KeyboardInterrupt:
        interrupted = True
    return calls_outcome(ready.calls, ready.sides, about, margin, ready.notes, interrupted)


def _measure(ready: ReadyCalls, names: set[str], pairs: int, on_progress: OnProgress, again: bool = False) -> None:
    """Measure all pairs of the named calls, ``again`` for a second look.

    A call that gives no rate is left out from then on.
    """
    for pair in range(pairs):
        turns = [call for call in ready.calls if call.name in names and call.alive]
        if not turns:
            return
        halves = ready.measure_pair(turns, pair + pairs * again)
        for call in turns:
            call.take(halves, again)
        values = {each.name: each.second_look if again else each.values for each in turns}
        on_progress(Progress(pair + 1, pairs, again, values))


def _ready_calls(a: Side, b: Side, target: CallTarget, seed: int) -> ReadyCalls:
    """Find the calls of a suite, or the one callable, on both sides."""
    base, new = looked_at(a, target), looked_at(b, target)
    refuse_refused(base)
    refuse_absent(base, new)
    refuse_same_code(base, new)
    calls = calls_of_sides(base, new, target.title)
    on_host = not any(found.is_remote for side in (base, new) for found in side.found.values())

    def measure_pair(turns: Sequence[CallPairs], order: int) -> tuple[HalfOfPair, HalfOfPair]:
        asked = Asked(target, "turns", tests=list(dict.fromkeys(call.test for call in turns)), order=order)
        return measure_calls(a, b, asked, [call.name for call in turns], seed, on_host)

    assert base.seen is not None
    assert new.seen is not None
    sides = SideOfRun(a.name, base.seen.software, a.source), SideOfRun(b.name, new.seen.software, b.source)
    return ReadyCalls(calls, sides, measure_pair, [])


def _ready_command(a: Side, b: Side, target: CallTarget, seed: int) -> ReadyCalls:
    """Run a command once on each side, so that files lie in memory; raise UsageError where it fails on the base."""
    found = command_call(target)
    first_run(a, target)
    call = CallPairs(found.name, SideOfCall(found), SideOfCall(found))
    if failed := run_once(b, target.arguments).failed:
        call.new.lost = CallLost(found.name, "failed", **sentence_fields(reason=failed))

    def measure_pair(_: Sequence[CallPairs], order: int) -> tuple[HalfOfPair, HalfOfPair]:
        return measure_command(a, b, target, order, seed)

    software = environment.software()
    start_s = start_up_s()
    notes: list[str] = [Reason("start_up_said", time=duration(start_s))] if start_s else []
    sides = SideOfRun(a.name, software, a.source), SideOfRun(b.name, software, b.source)
    return ReadyCalls([call], sides, measure_pair, notes)
