"""What the harness takes from the GEMM: its blocks against a bare hand-written loop over the same call.

    python -m tests.perf.harness_overhead [--rounds 30]

Both loops run interleaved in one process, in random order within each round, on the same rotating operands. Printed
is the rate through the harness over the rate of the bare loop, the median of the rounds' ratios: at least 0.99 is
asked for.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from itertools import cycle
from statistics import median

import numpy as np

from flopsbench.backends import numpy as backend
from flopsbench.dtype import DTYPES
from flopsbench.host.cpu.device import cpu_device
from flopsbench.problem import Problem
from flopsbench.stats import median_interval

SIZES = ((128, 2000), (512, 100), (1024, 20), (2048, 3))


def bare_loop(problem: Problem, sets: int) -> Callable[[int], float]:
    """Seconds of so many matmuls, as anyone would write it."""
    generator = np.random.default_rng(problem.seed)
    shape = (problem.m, problem.m)
    operands = [
        (generator.standard_normal(shape), generator.standard_normal(shape), np.empty(shape)) for _ in range(sets)
    ]

    def timed(loops: int) -> float:
        turn = cycle(operands)
        start = time.perf_counter()
        for _ in range(loops):
            a, b, c = next(turn)
            np.matmul(a, b, out=c)
        return time.perf_counter() - start

    return timed


def compare(edge: int, loops: int, rounds: int) -> list[float]:
    """Bare seconds over harness seconds, a round each."""
    problem = Problem(edge, edge, edge, DTYPES["fp64"])
    job = next(iter(backend.KERNELS.values()))(problem, cpu_device())
    contestants = {"bare": bare_loop(problem, job.sets), "harness": lambda n: job.clock.time(job.launch, n).seconds}
    ratios = []
    for _ in range(rounds):
        order = random.sample(list(contestants), 2)
        seconds = {name: contestants[name](loops) for name in order}
        ratios.append(seconds["bare"] / seconds["harness"])
    return ratios


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    for edge, loops in SIZES:
        ratios = compare(edge, loops, rounds)
        interval = median_interval(ratios)
        print(f"fp64 {edge}^3: harness / bare = {median(ratios):.4f}  [{interval.low:.4f}, {interval.high:.4f}]")


if __name__ == "__main__":
    main()
