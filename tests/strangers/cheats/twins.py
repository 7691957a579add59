"""Names the honest twins of the corpus, each once, and runs them in a bare loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib import import_module
from itertools import cycle
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from flopsbench.backend import Launcher, Prepared
from flopsbench.dtype import DTYPES
from flopsbench.host.cpu.device import cpu_device
from flopsbench.problem import Problem
from tests.strangers.cheats import CHEATS

BLOCKS = 9
REST_S = 0.3  # before each block, as long as the harness rests: who rests is given a core at once on a busy machine


class Twin(NamedTuple):
    """A Twin is a kernel that must get its rate."""

    family: str
    name: str
    size: int
    dtype: str


TWINS = tuple(dict.fromkeys(Twin(each.family, each.twin, each.size, each.dtype) for each in CHEATS))


def bare_rate(twin: Twin, loops: int, sets: int) -> float:
    """The median FLOP/s of a twin in a loop as anyone would write it, over so many sets, on one thread of the BLAS."""
    module = import_module(f"{__package__}.{twin.family}")
    problem = Problem(twin.size, twin.size, twin.size, DTYPES[twin.dtype])
    generator, shape = np.random.default_rng(), (twin.size, twin.size)
    code = {"fp32": np.float32, "fp64": np.float64}[twin.dtype]
    operands = [tuple(generator.standard_normal(shape).astype(code) for _ in "abc") for _ in range(sets)]
    if module.space == "torch":
        import torch

        torch.set_num_threads(1)
        operands = [tuple(map(torch.from_numpy, each)) for each in operands]
    with threadpool_limits(1, user_api="blas"):
        brought = getattr(module, twin.name)(problem, cpu_device())
        launch = brought.launch if isinstance(brought, Prepared) else brought
        turn = cycle(operands)
        seconds = [_timed(launch, turn, loops) for _ in range(BLOCKS)]
    return problem.amount.count * loops / median(seconds)


def _timed(launch: Launcher, turn: Iterator[tuple[Any, ...]], loops: int) -> float:
    time.sleep(REST_S)
    launch(*next(turn))
    began = time.perf_counter()
    for _ in range(loops):
        launch(*next(turn))
    return time.perf_counter() - began
