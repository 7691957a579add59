"""Checks whether times are such as clocks give: long enough, never all equal, and within the life of the process."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from operator import eq, sub
from typing import NamedTuple

from flopsbench.analysis.grade import timing_mismatch
from flopsbench.device import kind_of
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.result.keys import case_id
from flopsbench.result.types import SIGNIFICANT_DIGITS, Case, Policy, Process
from flopsbench.stats import mean
from flopsbench.units import general
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

SHORTEST_BLOCK_S = 1e-4  # 200 times what CUDA events resolve; shorter than planned where a machine became free
SHORTEST_LAUNCH_S = 5e-8  # a call into a library takes longer
MOST_PROCESSES = 64
FEWEST_TO_DIFFER = 4  # blocks; as many times of six digits are never all equal by chance
FEWEST_DIFFERENT = 4  # times; of fewer, by a clock of coarse grain, two series of blocks may be equal
# By so much of the longest block rounding to six digits moves a difference of two. Blocks of which the differences give
# so many times as much are never alike by chance; of a quiet machine, where hardly anything differs, they may be.
ROUNDING, TELLING, FEWEST_FOR_SHAPE = 1e-5, 1e4, 8
# Of the different times of a process, so many recur elsewhere by less than this chance: they were taken from there.
# What chance gives is told by how many of the times nearby, on the same grain, differ.
FEWEST_RECURRING, LEAST_CHANCE = 6, 1e-9
NEARBY, ODD = 8, 2  # grains to either side; so many steps between many times may be smaller than their grain
FEW_DIGITS, FEW_DIGITS_FROM_S = 4, 0.01  # from there on no clock has so few, nor have many blocks by chance
FEWEST_ALONE = 3  # times that recur
HOST_SEES_LATER_S = 0.5  # up to such blocks what a launch takes on the host shows in six digits
MOST_SLACK = 0.01  # rounding over the range of the blocks
NEIGHBOURS = 64  # the shapes that each is compared with: copies lie side by side
FASTEST_FIRST = 0.5  # of the fastest launch; the first one also loads code and wakes clocks
WALL_ALLOWANCE = 1.001
LONGEST_PROCESS_S = 366 * 24 * 3600.0


def amount_findings(case: Case) -> Iterator[Finding]:
    """Yield a finding where a case keeps more times than any run does, before anything is computed of them."""
    if len(case.processes) > MOST_PROCESSES or any(len(each.block_s) > MOST_BLOCKS_KEPT for each in case.processes):
        yield Finding("timing.blocks", Reason("more_blocks_than_any"), case.case)


def copies(cases: Sequence[Case]) -> set[str]:
    """Return the ids of the measured cases of which a process has the blocks of another process of the document.

    They are the same forwards and backwards, and where they give no fewer digits than chance would need, also in
    another order, times a factor, or with a time added to each.
    """
    series = [
        (tuple(process.block_s), case_id(case))
        for case in cases
        if case.status == "ok"
        for process in case.processes
        if len(process.block_s) >= FEWEST_TO_DIFFER
    ]
    telling = [(_either_way(blocks), id) for blocks, id in series if len(set(blocks)) >= FEWEST_DIFFERENT]
    count = Counter(blocks for blocks, _ in telling)
    found = {id for blocks, id in telling if count[blocks] > 1}
    for device in {case.device for case in cases}:
        own = {case_id(case) for case in cases if case.device == device}
        found |= _recurring([(blocks, id) for blocks, id in series if id in own])
    shapes = sorted((shape, id) for blocks, id in series if (shape := _shape(blocks)))
    for place, (shape, id) in enumerate(shapes):
        for other, other_id in shapes[place + 1 : place + 1 + NEIGHBOURS]:
            if other.blocks != shape.blocks or other.mean > shape.mean + 2 * MOST_SLACK:
                break
            if _is_same_shape(shape, other):
                found |= {id, other_id}
    return found


def _recurring(series: Sequence[tuple[tuple[float, ...], str]]) -> set[str]:
    """Return the ids of the cases with a process whose times recur in others more often than chance has it.

    All of them are times by one clock, whose grain is the least by which two of them differ.
    """
    everywhere = sorted(seconds for blocks, _ in series for seconds in blocks)
    here, grains = Counter(everywhere), _grains(everywhere)
    found = set()
    for blocks, id in series:
        own = Counter(blocks)
        again = sum(here[seconds] > count for seconds, count in own.items())
        if again >= max(FEWEST_RECURRING, len(own) / 2):
            expected = sum(_expected(seconds, everywhere, grains[_last_digit(seconds)]) for seconds in own)
            if _chance(again, expected) < LEAST_CHANCE:
                found.add(id)
    return found


def _last_digit(seconds: float) -> int:
    """Return the power of ten of the last digit that documents keep of a time."""
    return math.floor(math.log10(seconds)) - SIGNIFICANT_DIGITS + 1


def _grains(times: Sequence[float]) -> dict[int, float]:
    """Return by the last digit of sorted times by how little two of them differ."""
    steps: dict[int, list[float]] = {_last_digit(seconds): [] for seconds in set(times)}
    for one, other in pairwise(times):
        if other > one:
            steps[_last_digit(other)].append(other - one)
    return {
        place: sorted(found)[min(ODD, len(found) // 20)] if found else 10.0**place for place, found in steps.items()
    }


def _expected(seconds: float, times: Sequence[float], grain: float) -> float:
    """Return how many of the sorted times equal one by chance, by how many nearby do not; 1.0 at most."""
    reach = (NEARBY + 0.5) * grain
    near = bisect_right(times, seconds + reach) - bisect_left(times, seconds - reach)
    differ = near - (bisect_right(times, seconds) - bisect_left(times, seconds))
    return min(1.0, differ / (2 * NEARBY))


def _chance(count: int, expected: float) -> float:
    """Return the chance of so many or more, where so many are expected: Poisson's tail, by its bound of Chernoff."""
    if count <= expected:
        return 1.0
    return math.exp(count - expected) * (expected / count) ** count


def _either_way(blocks: tuple[float, ...]) -> tuple[float, ...]:
    """Return the blocks, or their reverse: the same for both."""
    return min(blocks, blocks[::-1])


class _Shape(NamedTuple):
    """A _Shape is what remains of blocks when order, sign, unit and level are taken away: their places in their range.

    ``slack`` is by how much rounding moves a place.
    """

    blocks: int
    mean: float
    places: list[float]
    slack: float


def _shape(blocks: Sequence[float]) -> _Shape | None:
    """Return the shape of blocks; None where others may have it by chance, because few digits tell them apart."""
    least, most = min(blocks), max(blocks)
    width, rounding = most - least, ROUNDING * most
    if len(blocks) < FEWEST_FOR_SHAPE or not 0 < rounding <= MOST_SLACK * width:
        return None
    places = sorted([(each - least) / width for each in blocks])
    if sum(places) > len(places) / 2:
        places = [1 - place for place in reversed(places)]  # so that a mirror image is the same
    slack = rounding / width
    if math.prod([max(1.0, step / (4 * slack)) for step in map(sub, places[1:], places)]) < TELLING:
        return None
    return _Shape(len(places), sum(places) / len(places), places, slack)


def _is_same_shape(one: _Shape, other: _Shape) -> bool:
    """Return whether two shapes differ by no more than rounding."""
    slack = one.slack + other.slack
    return all(abs(place - another) <= slack for place, another in zip(one.places, other.places, strict=True))


def time_findings(case: Case, policy: Policy, copied: Container[str]) -> Iterator[Finding]:
    """Yield the findings about the times of one measured case; ``copied`` holds the ids of cases with copied blocks."""
    if any(len(each.block_s) >= FEWEST_TO_DIFFER and len(set(each.block_s)) == 1 for each in case.processes):
        yield Finding("timing.constant", Reason("blocks_equal"), case.case)
    elif complaint := next(filter(None, (_alike(process, case, policy) for process in case.processes)), None):
        yield Finding("timing.constant", complaint, case.case)
    elif case_id(case) in copied:
        sentence = Reason("blocks_of_another")
        yield Finding("timing.constant", sentence, case.case)
    if case.regime == "burst" and any(len(process.block_s) < policy.min_blocks for process in case.processes):
        yield Finding("timing.blocks", Reason("too_few_blocks", least=policy.min_blocks), case.case)
    for process in case.processes:
        yield from _process_findings(case, process)
    has_clock = kind_of(case.device).has_clock
    if has_clock and not all(process.host_block_s for process in case.processes):
        yield Finding("timing.host", Reason("no_host_clock"), case.case)
    elif has_clock and any(map(_is_one_clock, case.processes)):
        yield Finding("timing.host", Reason("clocks_equal"), case.case)
    elif has_clock and timing_mismatch(case.processes):
        yield Finding("timing.host", Reason("clocks_apart"), case.case)


def _alike(process: Process, case: Case, policy: Policy) -> str | None:
    """Return how times or ceilings of a process are more alike than clocks show; None where they are not."""
    if _repeats(process.block_s, kind_of(case.device).has_clock):
        return Reason("few_far_times")
    if (
        len(process.block_s) >= FEWEST_FOR_SHAPE
        and min(process.block_s) >= FEW_DIGITS_FROM_S
        and all(seconds == float(general(seconds, FEW_DIGITS)) for seconds in process.block_s)
    ):
        return Reason("coarse_blocks", digits=FEW_DIGITS)
    ceilings = {sample for pair in process.block_ceilings for sample in pair}
    if len(ceilings) == 1 and len(process.block_s) >= FEWEST_TO_DIFFER * policy.blocks_a_bracket:
        return Reason("ceilings_equal")
    return None


def _repeats(blocks: Sequence[float], has_coarse_clock: bool) -> bool:
    """Return whether most blocks repeat times that have no others nearby, so that no coarse clock made them equal.

    By a coarse clock all blocks may be equal but for an interrupted one, or at each of two levels.
    """
    count = Counter(blocks)
    if len(blocks) < FEWEST_FOR_SHAPE or not 1 < len(count) <= len(blocks) / 2:
        return False
    different = sorted(count)
    far = [(other - one) / 10.0 ** _last_digit(other) > 2 * NEARBY for one, other in pairwise(different)]
    alone = [
        seconds
        for seconds, before, after in zip(different, [True, *far], [*far, True], strict=True)
        if before and after and count[seconds] > 1
    ]
    return len(alone) >= (FEWEST_ALONE if has_coarse_clock else 1)


def _process_findings(case: Case, process: Process) -> Iterator[Finding]:
    """Yield the findings about the times of one process."""
    kept, total = len(process.block_s), process.blocks_total
    if kept != min(total, MOST_BLOCKS_KEPT):
        yield Finding("timing.blocks", Reason("keeps_more_blocks", kept=kept, total=total), case.case)
    elif complaint := _wall_complaint(process):
        yield Finding("timing.wall", complaint, case.case)
    fastest = min(process.block_s)
    if fastest < SHORTEST_BLOCK_S or fastest < SHORTEST_LAUNCH_S * process.loops:
        block = Reason("block_for_launches", seconds=general(fastest, 2), launches=process.loops)
        sentence = Reason("block_too_short", block=block)
        yield Finding("timing.resolution", sentence, case.case)
    elif process.first_launch_s < FASTEST_FIRST * fastest / process.loops:
        yield Finding("timing.first-launch", Reason("fast_first_launch"), case.case)


def _is_one_clock(process: Process) -> bool:
    """Return whether most blocks took the same time by two clocks, of which one sees what a launch takes as well."""
    same = sum(map(eq, process.block_s, process.host_block_s))
    short = max(process.block_s) < HOST_SEES_LATER_S
    return short and len(process.block_s) >= FEWEST_TO_DIFFER and same > len(process.block_s) / 2


def _wall_complaint(process: Process) -> str:
    """Return why a process cannot have lived as long as it says; empty where it can."""
    if process.wall_s > LONGEST_PROCESS_S:
        return Reason("process_of_years", seconds=general(process.wall_s))
    longest_s, block_s = process.wall_s * WALL_ALLOWANCE, max(process.block_s)
    if max(process.first_launch_s, *process.warmup_block_s, *process.host_block_s, block_s) > longest_s:
        return Reason("launch_beyond_process", seconds=general(process.wall_s))
    if block_s * process.blocks_total <= longest_s:
        return ""
    # The longest block is compared first: numbers without bounds may have no finite sum.
    if block_s > longest_s or mean(process.block_s) * process.blocks_total > longest_s:
        return Reason("blocks_beyond_process", seconds=general(process.wall_s))
    return ""
