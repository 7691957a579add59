"""Puts blocks in order: bracketed by ceilings, back to back until the chip is hot, or in turns with a process."""

from __future__ import annotations

from collections.abc import Callable

from flopsbench.measure.blocks import Blocks, Sampler, Schedule
from flopsbench.measure.stopping import Stopping
from flopsbench.words.reason import Reason

TAIL_S = 10.0  # the last seconds of the sustained regime, which count
TURN_LEAD_IN_S = 0.008
SETTLING_TURNS = 8  # in which blocks may begin again; at least a dozen follow each other
TURNS_TAKEN = Reason("turns_taken")

# Lets the other process have its turn, and returns at this one's next whether to time another block.
HandOver = Callable[[], bool]


def bracketed(stopping: Stopping, blocks_per_bracket: int) -> Schedule:
    """Return the schedule of groups of blocks, with the ceiling measured before and after each group."""

    def schedule(sampler: Sampler, blocks: Blocks) -> str:
        began, before = sampler.now(), sampler.look()
        reason = None
        while reason is None:
            sampler.lead_in(sampler.instruments.lead_in_s)
            sampler.instruments.start()
            for _ in range(blocks_per_bracket):
                sampler.time(blocks)
                reason = stopping.reason(blocks.seconds, sampler.now() - began)
                if reason is not None:
                    break
            sampler.instruments.stop()
            after = sampler.look()
            blocks.pair(before, after)
            before = after
        return reason

    return schedule


def sustained(total_s: float, tail_s: float = TAIL_S) -> Schedule:
    """Return the schedule of blocks back to back for ``total_s``; those begun in the last ``tail_s`` count.

    The sensors cover the blocks that count. Nothing may come between the blocks: all of them share the ceiling
    before the first and after the last.
    """

    def schedule(sampler: Sampler, blocks: Blocks) -> str:
        before = sampler.look()
        began, heating = sampler.now(), Blocks(blocks.loops)
        while sampler.now() - began < total_s - tail_s:
            sampler.time(heating)
        blocks.loops = heating.loops
        sampler.instruments.start()
        while not blocks.seconds or sampler.now() - began < total_s:
            sampler.time(blocks)
        sampler.instruments.stop()
        blocks.pair(before, sampler.look())
        return Reason("sustained_time_reached")

    return schedule


def in_turns(hand_over: HandOver, lead_in_s: float = TURN_LEAD_IN_S) -> Schedule:
    """Return the schedule of one block per turn, each after ``lead_in_s`` of untimed launches.

    Whatever slows the machine for longer than two turns slows both processes alike. In the first turns blocks may begin
    again, as on a machine that was busy in the warm-up: what was timed before is dropped, and the last block of either
    process is of one turn, as is each before it.
    """

    def schedule(sampler: Sampler, blocks: Blocks) -> str:
        hand_over()
        before = sampler.look()
        goes_on, turn = True, 0
        while goes_on:
            sampler.lead_in(lead_in_s)
            sampler.instruments.start()
            sampler.time(blocks, may_begin_again=turn < SETTLING_TURNS)
            while not blocks.seconds:
                sampler.time(blocks)
            sampler.instruments.stop()
            goes_on, turn = hand_over(), turn + 1
        blocks.pair(before, sampler.look())
        return TURNS_TAKEN

    return schedule
