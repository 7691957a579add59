"""Measures one case in one process: bounds its cost, prepares, warms up, samples, proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from functools import partial
from time import perf_counter  # bound before a kernel is imported
from typing import NamedTuple

from flopsbench.backend import Work
from flopsbench.backends.candidate import Candidate
from flopsbench.backends.claims import CheckedClock, checked
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.host.system import threads_running
from flopsbench.measure.blocks import Blocks, OnBlock, ignore_block, keep_work
from flopsbench.measure.gemm import Gemm, evidence_of, gemm, hand_over, settle
from flopsbench.measure.instruments import Instruments
from flopsbench.measure.profiles import Sampling
from flopsbench.measure.referee import OwnReferee, Referee
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT, MOST_WARMUPS_KEPT
from flopsbench.problem import MOST_SETS, Amount, Problem, check_fits
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Process, Proof, significant
from flopsbench.stats import thinned
from flopsbench.units import format_digits, format_rate, grouped
from flopsbench.words.reason import Reason

PROBE_FROM, PROBE_FACTOR, PROBE_UNTIL_S, PROBE_LAUNCHES, PROBE_SETS = 256, 2, 0.02, 3, 1
PROBE_RISES = 1.5  # times the rate of the size before: of launches that wait for cores it may rise eightfold


class Taken(NamedTuple):
    """Taken is what one process found out about one case: ``proof`` is None where nothing can be proven of the work."""

    work: Work
    process: Process
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A Turn says which process of the run this is, and when in it the case has its turn."""

    order: int = 0
    position: int = 0


def measure(
    candidate: Candidate,
    sampling: Sampling,
    instruments: Instruments,
    turn: Turn = Turn(),
    on_block: OnBlock = ignore_block,
    referee: Referee | None = None,
) -> Taken:
    """Measure one case in this process, and have its product judged.

    Raise Unsupported when the kernel cannot run the problem, or not in the time allowed.
    """
    began, referee = perf_counter(), referee or OwnReferee()
    bound_cost(candidate, sampling, referee)
    referee.step("prepare")
    work = prepare(candidate, referee)
    ready = partial(settle, work) if isinstance(work, Gemm) else keep_work
    sampler = sampling.sampler(work, instruments, on_block, referee.begin, referee.step, ready)
    referee.step("first_launch", sampling.longest_launch_s)
    first_launch_s = work.clock.time(work.launch, 1).seconds
    warmups_s = sampler.warm_up(first_launch_s)
    blocks = sampler.sample(min(warmups_s))
    referee.step("fetch")
    proof = _proof(work, blocks, referee) if isinstance(work, Gemm) else None
    process = Process(
        order=turn.order,
        position=turn.position,
        loops=blocks.loops,
        blocks_total=len(blocks.seconds),
        first_launch_s=significant(first_launch_s),
        block_s=thinned(blocks.seconds, MOST_BLOCKS_KEPT),
        **sentence_fields(stop_reason=blocks.stop_reason),
        wall_s=significant(perf_counter() - began),
        warmup_block_s=thinned([significant(seconds) for seconds in warmups_s], MOST_WARMUPS_KEPT),
        host_block_s=thinned(blocks.host_seconds, MOST_BLOCKS_KEPT),
        block_ceilings=thinned(blocks.ceilings, MOST_BLOCKS_KEPT),
        telemetry=instruments.telemetry(),
        threads=threads_running(),
        processor_s=significant(blocks.processor_s),
        processor_after_s=significant(blocks.processor_after_s),
    )
    return Taken(work, process, proof)


def _proof(work: Gemm, blocks: Blocks, referee: Referee) -> Proof:
    """Return what the judge says of the products, and of what was seen between the blocks."""
    products = hand_over(work, blocks.loops)
    return referee.judge(evidence_of(work), products)


def prepare(candidate: Candidate, referee: Referee, most_sets: int = MOST_SETS) -> Work:
    """Return the work of a candidate, on ``most_sets`` of operands at most.

    Raise Unsupported when the kernel cannot run it, FlopsbenchError where it brings what is no launch, or work that is
    not the problem's.
    """
    problem, device = candidate.problem, candidate.device
    if problem.op.proven:
        made = gemm(candidate.space, checked(candidate.kernel), problem, device, referee, most_sets)
        return dataclass_replace(made, own_space=candidate.foreign, clock=CheckedClock(made.clock))
    work = candidate.kernel(problem, device)
    if not isinstance(work, Work) or not isinstance(work.amount, Amount):
        raise FlopsbenchError(Reason("no_work_of_amount"))
    if work.amount != problem.amount:
        told, asked = (_amount_title(each) for each in (work.amount, problem.amount))
        raise FlopsbenchError(Reason("other_amount_of_work", told=told, asked=asked))
    return dataclass_replace(work, clock=CheckedClock(work.clock))


def _amount_title(amount: Amount) -> str:
    """Return an amount of work in words, for the sentence that two differ."""
    return f"{grouped(amount.count)} in {amount.unit} on {grouped(amount.bytes)} bytes"


def bound_cost(candidate: Candidate, sampling: Sampling, referee: Referee) -> None:
    """Run small sizes until a launch takes measurable time; raise Unsupported if the real size would take too long.

    Some paths are 70 to 500 times slow (fp16 on many CPUs). Without this a run would seem to hang. On a busy machine a
    small launch seems as slow, because it waits for cores longer than it computes: there the rate rises with the size,
    and larger ones are tried; that of a slow path stays. What does not fit into memory is told as that.
    """
    problem = candidate.problem
    if problem.op.proven:
        check_fits(problem, candidate.space.memory(candidate.device).free_bytes)
    too_slow: Reason | None = None
    before_per_s = 0.0
    for small in _smaller(problem):
        referee.step("prepare")
        work = prepare(dataclass_replace(candidate, problem=small), OwnReferee(), PROBE_SETS)
        referee.step("first_launch")
        launch_s = min(work.clock.time(work.launch, 1).seconds for _ in range(PROBE_LAUNCHES))
        if launch_s < PROBE_UNTIL_S:
            continue  # too short to tell a slow path from threads that are still waking up
        expected_s = launch_s * problem.amount.count / small.amount.count
        if expected_s <= sampling.longest_launch_s:
            return
        rate_per_s = small.amount.count / launch_s
        too_slow = _too_slow(problem, small, rate_per_s, expected_s)
        if before_per_s and rate_per_s < PROBE_RISES * before_per_s:
            break
        before_per_s = rate_per_s
    if too_slow:
        raise Unsupported(too_slow)


def _smaller(problem: Problem) -> Iterator[Problem]:
    """Yield the problem at smaller sizes, from small to large."""
    edge = PROBE_FROM
    while edge < max(problem.m, problem.n, problem.k):
        yield problem.resized(min(edge, problem.m), min(edge, problem.n), min(edge, problem.k))
        edge *= PROBE_FACTOR


def _too_slow(problem: Problem, small: Problem, rate_per_s: float, expected_s: float) -> Reason:
    rate, seconds = format_rate(rate_per_s, problem.amount.unit), format_digits(expected_s, 2)
    dtype, shape = problem.dtype.name, problem.shape
    return Reason("no_fast_path", dtype=dtype, rate=rate, probed=small.shape, shape=shape, seconds=seconds)
