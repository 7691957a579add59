"""The order of things around a timed block, seen from a world whose only clock is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, pairwise, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.backend import Amount, Elapsed, Launch, Work
from flopsbench.measure.blocks import (
    FAR_SHORTER,
    MOST_TIMES_MORE,
    STEADY_WITHIN,
    Blocks,
    OnBlock,
    Sampler,
    Schedule,
    ignore_block,
)
from flopsbench.measure.schedules import SETTLING_TURNS, bracketed, in_turns, sustained
from flopsbench.measure.stopping import MIN_BLOCKS, Stopping
from flopsbench.result.types import CasePolicy, Ceiling, Telemetry

LAUNCH_S = 1 / 64  # exact in binary, as are its sums
LOOPS = 8
BEGAN_S = 1024.0  # no clock starts at 0
BLOCK_S = LOOPS * LAUNCH_S


class World:
    """Work, clock and instruments in one: time passes only while something is launched or looked at."""

    def __init__(
        self,
        launch_s: Iterator[float] | None = None,
        *,
        lead_in_s: float = 0.0,
        host: bool = False,
        ceiling: bool = True,
    ) -> None:
        self.seconds = BEGAN_S
        self.events: list[str] = []
        self.launch_s = launch_s or repeat(LAUNCH_S)
        self.ceiling = Ceiling(device="cpu", dtype="fp32")
        self.lead_in_s = lead_in_s
        self.host = host
        self.ceilings = count(1e12, 1e9) if ceiling else repeat(None)
        self.spoiled = False

    def now(self) -> float:
        return self.seconds

    @property
    def elapsed_s(self) -> float:
        return self.seconds - BEGAN_S

    def launch(self) -> None:
        self.seconds += next(self.launch_s)

    def spoil(self) -> None:
        self.events.append("spoil")
        self.spoiled = True

    def time(self, launch: Launch, loops: int) -> Elapsed:
        began = self.seconds
        for _ in range(loops):
            launch()
        self.events.append(f"{'timed' if self.spoiled else 'untimed'} {loops}")
        self.spoiled = False
        elapsed_s = self.seconds - began
        return Elapsed(elapsed_s, elapsed_s * 2 if self.host else None)

    def look(self) -> float | None:
        self.events.append("look")
        return next(self.ceilings)

    def start(self) -> None:
        self.events.append("start")

    def stop(self) -> None:
        self.events.append("stop")

    def telemetry(self) -> Telemetry:
        return Telemetry()

    def work(self) -> Work:
        return Work(launch=self.launch, clock=self, amount=Amount(1, "FLOP/s", 0), spoil=self.spoil)


def warming(world: World, *, warmup_s: float = 1.0, longest_warmup_s: float = 4.0) -> Sampler:
    """Return a sampler that warms up; it never comes to a schedule."""
    return Sampler(world.work(), CasePolicy(BLOCK_S, warmup_s), longest_warmup_s, never, world, now=world.now)


def never(sampler: Sampler, blocks: Blocks) -> str:
    raise AssertionError("a warm-up looks at no schedule")


def scheduled(world: World, schedule: Schedule, on_block: OnBlock = ignore_block, block_s: float = BLOCK_S) -> Sampler:
    """Return a sampler by that schedule."""
    return Sampler(world.work(), CasePolicy(block_s, 1.0), 4.0, schedule, world, on_block, world.now)


def sampler(world: World, *, blocks_per_bracket: int = 5, block_s: float = BLOCK_S, **changes: Any) -> Sampler:
    """Return a sampler of bracketed blocks."""
    stopping = Stopping(**{"target_half_width": 0.01, "time_s": 6.0} | changes)
    return scheduled(world, bracketed(stopping, blocks_per_bracket), block_s=block_s)


def scattered() -> Iterator[float]:
    """Launches whose blocks, of one launch each, spread ever wider."""
    return (LAUNCH_S * (1 + index / 4) for index in count())


def test_a_bracket_is_a_look_a_lead_in_and_blocks_each_spoiled_first_and_a_look():
    world = World(lead_in_s=2 * LAUNCH_S)
    sampler(world, blocks_per_bracket=2, min_blocks=2).sample(LAUNCH_S)
    block = ["spoil", f"timed {LOOPS}"]
    assert world.events == ["look", "untimed 1", "untimed 1", "start", *block, *block, "stop", "look"]


def test_a_lead_in_lasts_as_long_as_the_instruments_ask():
    world = World(lead_in_s=0.15)
    sampler(world, blocks_per_bracket=10).sample(LAUNCH_S)
    assert world.events.count("untimed 1") == 10  # of 1/64 s each: 0.156 s


def test_without_a_lead_in_nothing_runs_untimed():
    world = World()
    sampler(world).sample(LAUNCH_S)
    assert not [event for event in world.events if event.startswith("untimed")]


def test_c_is_spoiled_right_before_every_timed_block():
    world = World(lead_in_s=0.1)
    sampler(world, blocks_per_bracket=3).sample(LAUNCH_S)
    timed = [before for before, event in pairwise(world.events) if event == f"timed {LOOPS}"]
    assert timed == ["spoil"] * MIN_BLOCKS


def test_every_bracket_has_a_lead_in_and_its_own_reading_of_the_counters():
    world = World(lead_in_s=LAUNCH_S)
    sampler(world, blocks_per_bracket=1).sample(LAUNCH_S)
    one = ["untimed 1", "start", "spoil", f"timed {LOOPS}", "stop", "look"]
    assert world.events == ["look", *one * MIN_BLOCKS]


def test_seconds_are_those_of_whole_blocks():
    blocks = sampler(World()).sample(LAUNCH_S)
    assert blocks.seconds == [BLOCK_S] * MIN_BLOCKS
    assert blocks.loops == LOOPS
    assert blocks.host_seconds == []


def test_the_hosts_clock_is_kept_where_it_is_another_one():
    assert sampler(World(host=True)).sample(LAUNCH_S).host_seconds == [2 * BLOCK_S] * MIN_BLOCKS


def test_blocks_of_one_bracket_share_the_ceilings_around_it():
    blocks = sampler(World(), blocks_per_bracket=5).sample(LAUNCH_S)
    first, second = (1e12, 1.001e12), (1.001e12, 1.002e12)
    assert blocks.ceilings == [first] * 5 + [second] * 5


def test_a_bracket_cut_short_has_ceilings_for_the_blocks_it_timed():
    blocks = sampler(World(), blocks_per_bracket=4).sample(LAUNCH_S)
    assert len(blocks.ceilings) == len(blocks.seconds) == MIN_BLOCKS
    assert blocks.ceilings[-2:] == [(1.002e12, 1.003e12)] * 2


def test_without_a_ceiling_there_are_no_pairs():
    assert sampler(World(ceiling=False)).sample(LAUNCH_S).ceilings == []


def test_what_is_kept_has_six_digits():
    world = World(repeat(1 / 3))
    blocks = sampler(world, min_blocks=1, blocks_per_bracket=1, block_s=1 / 3).sample(1 / 3)
    assert blocks.seconds == [0.333333]


def test_a_steady_machine_ends_by_its_narrow_interval():
    blocks = sampler(World()).sample(LAUNCH_S)
    assert blocks.stop_reason == "interval within 1.0%"


def test_a_restless_machine_ends_by_its_time_budget():
    world = World(scattered())
    blocks = sampler(world, time_s=1.0, max_blocks=1000, block_s=LAUNCH_S).sample(LAUNCH_S)
    assert blocks.stop_reason == "time budget"
    assert sum(blocks.seconds) >= 1.0 > sum(blocks.seconds[:-1])


def test_a_restless_machine_ends_by_its_block_budget():
    blocks = sampler(World(scattered()), time_s=1e6, max_blocks=13, block_s=LAUNCH_S).sample(LAUNCH_S)
    assert blocks.stop_reason == "block budget"
    assert len(blocks.seconds) == 13


def test_a_machine_of_two_states_ends_when_its_noise_has_settled():
    world = World(LAUNCH_S * (1 + index % 2) for index in count())
    blocks = sampler(world, time_s=1e6, block_s=LAUNCH_S).sample(LAUNCH_S)
    assert blocks.stop_reason == "noise settled"
    assert len(blocks.seconds) == 20


def test_whoever_watches_is_told_of_every_block():
    seen: list[tuple[int, float, float]] = []
    world = World()
    stopping = Stopping(target_half_width=0.01, time_s=6.0)
    scheduled(world, bracketed(stopping, 5), lambda *told: seen.append(told)).sample(LAUNCH_S)
    assert seen == [(number, LAUNCH_S, BLOCK_S) for number in range(1, MIN_BLOCKS + 1)]


def test_whoever_watches_is_told_the_hosts_seconds_where_another_clock_counts():
    seen: list[tuple[int, float, float]] = []
    stopping = Stopping(target_half_width=0.01, time_s=6.0)
    scheduled(World(host=True), bracketed(stopping, 5), lambda *told: seen.append(told)).sample(LAUNCH_S)
    assert {told[1:] for told in seen} == {(LAUNCH_S, 2 * BLOCK_S)}


@pytest.mark.parametrize("schedule", [sustained(2.0, 1.0), in_turns(iter([True, True, False]).__next__)])
def test_a_block_begins_after_its_spoiling_and_right_before_its_clock(schedule: Schedule):
    world = World()
    begun = replace(scheduled(world, schedule), begin=lambda: world.events.append("begin"))
    begun.sample(LAUNCH_S)
    timed = [place for place, event in enumerate(world.events) if event == f"timed {LOOPS}"]
    assert [world.events[place - 2 : place] for place in timed] == [["spoil", "begin"]] * len(timed)
    assert len(timed) == world.events.count("begin") >= 2


def test_a_warm_up_begins_no_block():
    world = World()
    replace(warming(world), begin=lambda: world.events.append("begin")).warm_up(LAUNCH_S)
    assert "begin" not in world.events


# --- how many launches a block has


@pytest.mark.parametrize(("launch_s", "loops"), [(0.1, 1), (0.2, 1), (0.05, 2), (0.03, 4), (1e-5, 10_000), (60, 1)])
def test_a_block_is_filled_with_launches(launch_s: float, loops: int):
    assert sampler(World(), block_s=0.1).loops(launch_s) == loops


@given(st.floats(1e-7, 10))
def test_a_block_is_never_shorter_than_asked_nor_a_launch_too_long(launch_s: float):
    loops = sampler(World(), block_s=0.1).loops(launch_s)
    assert loops * launch_s >= 0.1 * (1 - 1e-9)
    assert loops == 1 or (loops - 1) * launch_s < 0.1


def settling(sampler: Sampler) -> tuple[Sampler, list[tuple[float, int]]]:
    """The sampler, and what its work is told before blocks begin."""
    told: list[tuple[float, int]] = []
    return replace(sampler, settle=lambda *each: told.append(each)), told


def busy(launches: int, times: float = FAR_SHORTER + 1) -> Iterator[float]:
    """A machine whose other work ends after so many launches, and that slowed each of them."""
    return (times * LAUNCH_S if index < launches else LAUNCH_S for index in count())


def test_the_work_is_made_ready_once_where_blocks_are_as_long_as_they_were_to_be():
    settled, told = settling(sampler(World(busy(40, FAR_SHORTER))))
    blocks = settled.sample(FAR_SHORTER * LAUNCH_S)
    assert told == [(FAR_SHORTER * LAUNCH_S, LOOPS / FAR_SHORTER)]
    assert blocks.loops == LOOPS / FAR_SHORTER


@pytest.mark.parametrize("blocks_before", [0, 3, 7])
def test_blocks_begin_again_with_more_launches_where_the_machine_was_busy_before(blocks_before: int):
    """Whatever was timed while it was busy is dropped, with its ceilings and the host's seconds."""
    few, world = 3, World(host=True)
    world.launch_s = busy(few * blocks_before)
    settled, told = settling(sampler(world, blocks_per_bracket=1))
    blocks = settled.sample((FAR_SHORTER + 1) * LAUNCH_S)
    assert told == [((FAR_SHORTER + 1) * LAUNCH_S, few), (LAUNCH_S, LOOPS)]
    assert (blocks.loops, blocks.seconds) == (LOOPS, [BLOCK_S] * MIN_BLOCKS)
    assert blocks.host_seconds == [2 * BLOCK_S] * MIN_BLOCKS
    assert len(blocks.ceilings) == MIN_BLOCKS
    assert world.events.count(f"timed {few}") == blocks_before + 1


@pytest.mark.parametrize("most", [8, 15])
def test_work_that_takes_no_time_has_not_many_more_launches(most: int):
    """It may be put off, and has to be done once the clock has stopped."""
    world = World(LAUNCH_S / 4 ** min(index, most) for index in count())
    blocks = sampler(world, block_s=LAUNCH_S, time_s=1.0, max_blocks=MIN_BLOCKS).sample(LAUNCH_S)
    assert blocks.loops == MOST_TIMES_MORE
    assert len(blocks.seconds) == MIN_BLOCKS


def test_the_sustained_regime_begins_again_while_the_chip_heats_up():
    world = World(busy(9))
    blocks = scheduled(world, sustained(4.0, 2.0)).sample((FAR_SHORTER + 1) * LAUNCH_S)
    assert (blocks.loops, set(blocks.seconds)) == (LOOPS, {BLOCK_S})


@pytest.mark.parametrize(("busy_turns", "left"), [(0, 12), (1, 11), (SETTLING_TURNS - 1, 12 - SETTLING_TURNS + 1)])
def test_blocks_begin_again_in_the_first_turns_and_the_last_ones_are_of_one_turn_each(busy_turns: int, left: int):
    world = World(busy(busy_turns * (1 + 3)))  # a lead-in and a block of three launches
    turns = in_turns(iter([True] * 12 + [False]).__next__)
    blocks = scheduled(world, turns).sample((FAR_SHORTER + 1) * LAUNCH_S)
    assert blocks.seconds == [BLOCK_S] * left


def test_later_no_block_begins_again_as_too_few_would_be_left():
    world = World(busy(SETTLING_TURNS * (1 + 3)))
    turns = in_turns(iter([True] * 12 + [False]).__next__)
    blocks = scheduled(world, turns).sample((FAR_SHORTER + 1) * LAUNCH_S)
    assert (blocks.loops, len(blocks.seconds), blocks.seconds[-1]) == (3, 12, 3 * LAUNCH_S)


# --- the sustained regime


def cooling(hot_after_s: float, world: World) -> Iterator[float]:
    """A chip that halves its rate once it is hot."""
    while True:
        yield LAUNCH_S if world.elapsed_s < hot_after_s else 2 * LAUNCH_S


def test_the_sustained_regime_keeps_only_its_last_seconds():
    world = World()
    world.launch_s = cooling(20.0, world)
    blocks = scheduled(world, sustained(30.0, 10.0)).sample(LAUNCH_S)
    assert blocks.stop_reason == "sustained time reached"
    assert set(blocks.seconds) == {2 * BLOCK_S}
    assert sum(blocks.seconds) == pytest.approx(10.0, abs=2 * BLOCK_S)
    assert world.elapsed_s == pytest.approx(30.0, abs=2 * BLOCK_S)


def test_the_sustained_regime_runs_back_to_back_and_looks_at_the_ceiling_only_around_it_all():
    world = World(lead_in_s=0.15)
    blocks = scheduled(world, sustained(4.0, 2.0)).sample(LAUNCH_S)
    assert [index for index, event in enumerate(world.events) if event == "look"] == [0, len(world.events) - 1]
    assert not [event for event in world.events if event.startswith("untimed")]
    assert len(set(blocks.ceilings)) == 1
    assert len(blocks.ceilings) == len(blocks.seconds)


def test_the_counters_of_the_sustained_regime_cover_the_blocks_that_count_and_no_others():
    world = World(host=True)
    blocks = scheduled(world, sustained(4.0, 1.0)).sample(LAUNCH_S)
    counted = world.events[world.events.index("start") : world.events.index("stop")]
    assert counted.count(f"timed {LOOPS}") == len(blocks.seconds) == len(blocks.host_seconds) == 8
    assert world.events.count(f"timed {LOOPS}") == 32
    assert world.events[-2:] == ["stop", "look"]


def test_a_tail_as_long_as_the_whole_keeps_every_block():
    world = World()
    blocks = scheduled(world, sustained(2.0, 10.0)).sample(LAUNCH_S)
    assert len(blocks.seconds) == world.events.count(f"timed {LOOPS}") == 16


# --- the warm-up


def test_a_steady_machine_warms_up_for_just_as_long_as_asked():
    world = World()
    windows = warming(world, warmup_s=1.0).warm_up(LAUNCH_S)
    assert windows == [LAUNCH_S] * 8
    assert world.elapsed_s == 1.0


def test_the_warm_up_goes_on_until_two_windows_in_a_row_agree():
    """A clock that falls for two seconds: each window is slower than the one before, then none is."""
    world = World()
    world.launch_s = (LAUNCH_S * (1 + min(world.elapsed_s, 2.0)) for _ in count())
    windows = warming(world, warmup_s=1.0).warm_up(LAUNCH_S)
    assert world.elapsed_s > 2.0
    assert abs(windows[-1] - windows[-2]) <= STEADY_WITHIN * windows[-1]
    assert all(abs(after - before) > STEADY_WITHIN * after for before, after in pairwise(windows[:-2]))


def test_the_patience_of_a_warm_up_ends():
    world = World()
    world.launch_s = (LAUNCH_S * (1 + world.elapsed_s) for _ in count())
    windows = warming(world, warmup_s=0.5, longest_warmup_s=2.0).warm_up(LAUNCH_S)
    assert 2.0 <= world.elapsed_s < 2.0 + windows[-1] * LOOPS


def test_a_single_window_is_not_steady():
    world = World(repeat(10.0))
    assert len(warming(world, warmup_s=1.0).warm_up(10.0)) == 1  # patience of 4 s is gone after it
    world = World(repeat(2.0))
    assert len(warming(world, warmup_s=1.0).warm_up(2.0)) == 2  # and not yet here


def test_a_window_is_filled_by_the_speed_of_the_one_before():
    """A first launch that compiles for a second must not make windows of a single launch."""
    world = World()
    warming(world, warmup_s=0.25).warm_up(first_launch_s=1.0)
    assert world.events[:2] == ["untimed 1", f"untimed {LOOPS}"]


def test_nothing_is_spoiled_or_looked_at_while_warming_up():
    world = World()
    warming(world).warm_up(LAUNCH_S)
    assert set(world.events) == {f"untimed {LOOPS}"}


def test_turns_are_one_block_each_and_nothing_is_timed_between_handing_over_and_the_lead_in() -> None:
    world = World(lead_in_s=9.0)
    answers = iter([True, True, False])

    def hand_over() -> bool:
        world.events.append("hand over")
        return next(answers)

    turns = scheduled(world, in_turns(hand_over, lead_in_s=LAUNCH_S))
    blocks = turns.sample(LAUNCH_S)
    block = ["untimed 1", "start", "spoil", f"timed {LOOPS}", "stop", "hand over"]
    assert world.events == ["hand over", "look", *block, *block, "look"]
    assert (len(blocks.seconds), blocks.stop_reason) == (2, "turns taken")
    assert blocks.ceilings == [(1e12, 1.001e12)] * 2
