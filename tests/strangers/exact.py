"""A complete stranger: one device, one kernel, and a clock by which it runs at exactly 1000.0 GFLOPS."""

import numpy as np

from flopsbench.backend import Compute, Device, Elapsed, Gemm, Operands


def devices():
    return [Device("cpu", 0, "abacus", units=1)]


def prepare(problem, device):
    """C = A·B by numpy, timed by a clock that never errs."""
    random = np.random.default_rng(problem.seed)
    a, b = random.standard_normal((problem.m, problem.k)), random.standard_normal((problem.k, problem.n))
    c = np.full((problem.m, problem.n), np.nan)

    class Clock:
        def time(self, launch, loops):
            launch()
            return Elapsed(loops * problem.amount.count / 1e12)

    return Gemm(
        launch=lambda: np.matmul(a, b, out=c),
        spoil=lambda: c.fill(np.nan),
        operands=lambda: Operands(a, b, c),
        clock=Clock(),
        amount=problem.amount,
        compute=Compute("fp64", "fp64", "fp64", "fp64", library="abacus 1"),
    )


KERNELS = {"beads": prepare}
