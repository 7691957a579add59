"""Shows the whole idea of flopsbench on one page: rotate, warm up, time blocks, put a ceiling beside them, prove.

Run it as ``python -m tests.example``. The package does each step with more care, in `measure/`, `ceiling/`, `proof/`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flopsbench.ceiling.compute import CpuCeiling
from flopsbench.ceiling.quiet import quiet
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cores import usable_cpus
from flopsbench.units import format_rate, share

Matrix = NDArray[np.float64]
Multiply = Callable[[Matrix, Matrix, Matrix], object]

BLOCKS, BLOCK_S, SETS, VECTORS = 10, 0.1, 3, 8
LARGEST_RESIDUAL = 1e-12  # of a right fp64 product, relative: roundings only


class Measured(NamedTuple):
    """What one GEMM reached in FLOP/s, beside a ceiling measured between its blocks (None where none can be)."""

    rate_per_s: float
    ceiling_per_s: float | None
    residual: float


def measure(multiply: Multiply, n: int = 1024, seed: int = 0) -> Measured:
    """Measure and prove C = A·B of n x n matrices; raise ValueError when the product is wrong."""
    random = np.random.default_rng(seed)
    # Rotate: several sets of operands, together larger than the caches, so that no launch finds its data there.
    sets = [(random.standard_normal((n, n)), random.standard_normal((n, n)), np.empty((n, n))) for _ in range(SETS)]
    turns = cycle(sets)
    launch_s = min(timed(multiply, islice(turns, SETS)) / SETS for _ in range(3))  # Warm up: clocks, caches, threads.
    loops = max(1, round(BLOCK_S / launch_s))
    ceiling, blocks_s, ceilings = ceiling_loop(), [], []
    for _ in range(BLOCKS):
        for _, _, c in sets:
            c.fill(np.nan)  # A launch that does nothing cannot show an older product.
        # Block: launches back to back, timed as one, so that the clock's grain does not count.
        blocks_s.append(timed(multiply, islice(turns, loops)) / loops)
        quiet()  # The BLAS's threads spin on after a call; a loop beside them would read half.
        ceilings += [ceiling()] if ceiling else []  # Ceiling: whatever slows the machine slows it, too.
    a, b, c = sets[0]
    multiply(a, b, c)
    return Measured(2 * n**3 / median(blocks_s), median(ceilings) if ceilings else None, prove(a, b, c, random))


def timed(multiply: Multiply, turns: Iterator[tuple[Matrix, Matrix, Matrix]]) -> float:
    """Return the seconds of one launch per set of operands."""
    began = time.perf_counter()
    for a, b, c in turns:
        multiply(a, b, c)
    return time.perf_counter() - began


def ceiling_loop() -> Callable[[], float] | None:
    """Return what measures FLOP/s of a loop on registers alone, which no GEMM on these cores can pass."""
    try:
        return CpuCeiling(usable_cpus()).prepare(parse_dtype("fp64")).rate_per_s
    except Unsupported:
        return None


def prove(a: Matrix, b: Matrix, c: Matrix, random: np.random.Generator) -> float:
    """Return the residual of Freivalds' test, C·x - A·(B·x) for random signs x; raise ValueError where C is wrong."""
    x = random.choice([-1.0, 1.0], (b.shape[1], VECTORS))
    expected = np.einsum("ij,jv->iv", a, np.einsum("ij,jv->iv", b, x))  # Not by the library on trial.
    residual = float(np.abs(np.einsum("ij,jv->iv", c, x) - expected).max() / np.sqrt(np.mean(expected**2)))
    if not residual <= LARGEST_RESIDUAL * a.shape[1]:
        raise ValueError(f"C is not A·B: residual {residual}")
    return residual


if __name__ == "__main__":
    found = measure(np.matmul)  # into C, by the BLAS that numpy was built with
    beside = f", {share(found.rate_per_s / found.ceiling_per_s)} of the ceiling" if found.ceiling_per_s else ""
    print(f"{format_rate(found.rate_per_s, 'FLOP/s')}{beside}, proven: residual {found.residual}")
