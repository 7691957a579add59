"""Holds the events of a GPU against the host's clock, and looks how long warming up and a look at C take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from math import ceil
from statistics import median

from flopsbench.backends.candidate import Candidate
from flopsbench.clocks import Elapsed
from flopsbench.device import CUDA
from flopsbench.dtype import DTYPES
from flopsbench.measure.case import prepare
from flopsbench.measure.gemm import Gemm
from flopsbench.measure.referee import OwnReferee
from flopsbench.problem import Problem, shape_text
from flopsbench.runs.referee import LOOK_S, SLOWER
from flopsbench.stats import median_interval
from flopsbench.units import duration, percent
from tests.gpu.acceptance.report.guesses import HALF_WIDTH, LOOKED_S
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import Reached, reached_by

STEADY_WITHIN = 0.01
GUESSES = ("warm_up", "event_clock", "block_length", "look")


def of_backend(name: str, context: Context) -> Iterator[Finding]:
    """What the events of a backend say: of a chip that was at rest first, then of one that is warm."""
    reached = reached_by(name)
    if isinstance(reached, str):
        yield from (Finding(guess, "not reached", reached, name) for guess in GUESSES)
        return
    bf16 = made(reached, "bf16", context.scale.edge)
    yield warm_up(bf16, context.scale.load_s, f"{name} bf16")
    for dtype, edge in (("bf16", context.scale.edge), ("fp32", context.scale.edge // 2), ("fp32", 256)):
        work = bf16 if dtype == "bf16" else made(reached, dtype, edge)
        yield from of_blocks(work, context.scale.blocks, f"{name} {dtype} {shape_text(edge, edge, edge)}")


of_torch, of_cupy = partial(of_backend, "torch"), partial(of_backend, "cupy")


def made(reached: Reached, dtype: str, edge: int) -> Gemm:
    """The work of a square GEMM, on operands as a run has them."""
    problem = Problem(edge, edge, edge, DTYPES[dtype])
    work = prepare(Candidate(reached.space, reached.kernel, problem, reached.gpu), OwnReferee())
    assert isinstance(work, Gemm)
    return work


def warm_up(work: Gemm, seconds: float, subject: str) -> Finding:
    """After how long the rate of a chip that was at rest stays as it is later."""
    work.clock.time(work.launch, 1)  # the first launch makes what the library needs
    time.sleep(seconds / 3)
    began, windows = time.perf_counter(), []
    loops = loops_of_block(work)
    while (now := time.perf_counter() - began) < seconds:
        windows.append((now, work.clock.time(work.launch, loops).seconds / loops))
    half = len(windows) // 2
    later_s = median(launch_s for _, launch_s in windows[half:])
    unsteady = [at for at, launch_s in windows[:half] if abs(launch_s / later_s - 1) > STEADY_WITHIN]
    after_s = max(unsteady, default=0.0)
    first = windows[0][1] / later_s - 1
    seen = f"unsteady for the last time after {duration(after_s)}; the first block took {percent(first, 1)} longer"
    return Finding("warm_up", verdict_of(after_s <= CUDA.warmup_s), seen, subject, {"after_s": after_s, "first": first})


def of_blocks(work: Gemm, count: int, subject: str) -> Iterator[Finding]:
    """How far two clocks are apart in blocks, how these scatter, and how long a look at C takes after them."""
    loops, blocks, looks = loops_of_block(work), list[Elapsed](), list[float]()
    for _ in range(count):
        work.spoil()
        blocks.append(work.clock.time(work.launch, loops))
        began = time.perf_counter()
        work.inspect(loops, blocks[-1].seconds)
        looks.append(time.perf_counter() - began)
    apart = sorted((each.host_seconds or 0.0) / each.seconds - 1 for each in blocks)
    figures = {"median": median(apart), "least": apart[0], "most": apart[-1], "loops": loops}
    seen = f"host's seconds are {percent(median(apart), 2)} more, {percent(apart[0], 2)} to {percent(apart[-1], 2)}"
    yield Finding("event_clock", verdict_of(0 <= median(apart) <= SLOWER - 1), seen, subject, figures)
    half = median_interval([each.seconds for each in blocks]).relative_half_width
    told = f"{count} blocks: known to {percent(half, 2)}"
    yield Finding("block_length", verdict_of(half <= HALF_WIDTH), told, subject, {"half_width": half})
    longest_s = max(looks[1:], default=looks[0])  # the first makes what the library needs
    told = f"median {duration(median(looks))}, longest {duration(longest_s)}"
    as_guessed = median(looks) <= LOOKED_S and longest_s <= LOOK_S
    yield Finding("look", verdict_of(as_guessed), told, subject, {"median_s": median(looks), "longest_s": longest_s})


def loops_of_block(work: Gemm) -> int:
    """How many launches fill a block."""
    launch_s = min(work.clock.time(work.launch, 1).seconds for _ in range(3))
    return max(1, ceil(CUDA.block_s / launch_s))
