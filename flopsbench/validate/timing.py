"""Checks whether times are such as clocks give: long enough, never all equal, and within the life of the process."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, starmap

from flopsbench.analysis.grade import timing_mismatch
from flopsbench.device import kind_of
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.result.types import Case, Policy, Process
from flopsbench.stats import mean
from flopsbench.units import general
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

SHORTEST_BLOCK_S = 1e-4  # 200 times what CUDA events resolve; shorter than planned where a machine became free
SHORTEST_LAUNCH_S = 5e-8  # a call into a library takes longer
MOST_PROCESSES = 64
SAME = 2e-5  # relative; two ratios of times of six digits each may differ by as much
FEWEST_TO_DIFFER = 4  # blocks; as many times of six digits are never all equal by chance
FASTEST_FIRST = 0.5  # of the fastest launch; the first one also loads code and wakes clocks
WALL_ALLOWANCE = 1.001
LONGEST_PROCESS_S = 366 * 24 * 3600.0


def amount_findings(case: Case) -> Iterator[Finding]:
    """Yield a finding where a case keeps more times than any run does, before anything is computed of them."""
    if len(case.processes) > MOST_PROCESSES or any(len(each.block_s) > MOST_BLOCKS_KEPT for each in case.processes):
        yield Finding("timing.blocks", "keeps more processes or blocks than any run does", case.case)


def time_findings(case: Case, policy: Policy, seen: set[tuple[float, ...]]) -> Iterator[Finding]:
    """Yield the findings about the times of one measured case.

    ``seen`` holds the blocks of the document's earlier cases; those of this case are added to it.
    """
    yield from _constant_findings(case, seen)
    if case.regime == "burst" and any(len(process.block_s) < policy.min_blocks for process in case.processes):
        yield Finding("timing.blocks", f"has a process of fewer than {policy.min_blocks} blocks", case.case)
    for process in case.processes:
        yield from _process_findings(case, process)
    has_clock = kind_of(case.device).has_clock
    if has_clock and not all(process.host_block_s for process in case.processes):
        yield Finding("timing.host", "was timed by a device without the host's clock beside it", case.case)
    elif has_clock and timing_mismatch(case.processes):
        yield Finding("timing.host", "has device and host clocks that differ by more than 5 %", case.case)


def _constant_findings(case: Case, seen: set[tuple[float, ...]]) -> Iterator[Finding]:
    """Yield a finding where times are equal within a process, or from one process to another."""
    series = [tuple(process.block_s) for process in case.processes if len(process.block_s) >= FEWEST_TO_DIFFER]
    different = set(series)
    if any(blocks.count(blocks[0]) == len(blocks) for blocks in series):
        yield Finding("timing.constant", "has a process whose blocks are all equal, which no clock shows", case.case)
    elif len(different) < len(series) or not seen.isdisjoint(different):
        yield Finding("timing.constant", "has the very same blocks as another process", case.case)
    elif any(starmap(_is_multiple, pairwise(series))):
        yield Finding("timing.constant", "has a process whose blocks are those of another times a factor", case.case)
    seen |= different


def _is_multiple(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether the blocks of one process are those of the other times a factor.

    Blocks that are almost equal are no evidence: any two such series are multiples of each other.
    """
    factor = other[0] / one[0]
    for first, second in zip(one, other, strict=False):
        if abs(second - factor * first) > SAME * second:
            return False
    return max(one) - min(one) > 10 * SAME * min(one)


def _process_findings(case: Case, process: Process) -> Iterator[Finding]:
    """Yield the findings about the times of one process."""
    kept, total = len(process.block_s), process.blocks_total
    if kept != min(total, MOST_BLOCKS_KEPT):
        yield Finding("timing.blocks", f"keeps {kept} blocks of {total}", case.case)
    elif complaint := _wall_complaint(process):
        yield Finding("timing.wall", complaint, case.case)
    fastest = min(process.block_s)
    if fastest < SHORTEST_BLOCK_S or fastest < SHORTEST_LAUNCH_S * process.loops:
        block = f"a block of {general(fastest, 2)} s for {process.loops} launches"
        sentence = f"has {block}, too short for any clock or call"
        yield Finding("timing.resolution", sentence, case.case)
    elif process.first_launch_s < FASTEST_FIRST * fastest / process.loops:
        yield Finding("timing.first-launch", Reason("fast_first_launch"), case.case)


def _wall_complaint(process: Process) -> str:
    """Return why a process cannot have lived as long as it says; empty where it can."""
    if process.wall_s > LONGEST_PROCESS_S:
        return f"has a process that took {general(process.wall_s)} s, which is more than a year"
    longest_s, block_s = process.wall_s * WALL_ALLOWANCE, max(process.block_s)
    if block_s * process.blocks_total <= longest_s:
        return ""
    # The longest block is compared first: numbers without bounds may have no finite sum.
    if block_s > longest_s or mean(process.block_s) * process.blocks_total > longest_s:
        return f"has blocks longer than the {general(process.wall_s)} s its process took"
    return ""
