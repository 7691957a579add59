"""A backend whose clock never errs and whose speed is told by the environment: PACE times 1000.0 GFLOPS.

PACE=dead dies at its first launch, PACE=wrong multiplies wrongly, PACE=none cannot run the problem.
"""

import os

import numpy as np

from flopsbench.backend import Compute, Device, Elapsed, Gemm, Operands, Unsupported


def devices():
    return [Device("cpu", 0, "pacemaker", units=1)]


def prepare(problem, device):
    """C = A·B by numpy, or not, as PACE says."""
    pace = os.environ.get("PACE", "1")
    if pace == "none":
        raise Unsupported("no pace today")
    random = np.random.default_rng(problem.seed)
    a, b = random.standard_normal((problem.m, problem.k)), random.standard_normal((problem.k, problem.n))
    c = np.full((problem.m, problem.n), np.nan)
    rate = 1e12 * (float(pace) if pace[0].isdigit() else 1.0)

    def launch():
        if pace == "dead":
            os.abort()
        np.matmul(a, b, out=c)
        if pace == "wrong":
            c[0] += 1

    class Clock:
        def time(self, launch, loops):
            launch()
            return Elapsed(loops * problem.amount.count / rate)

    return Gemm(
        launch=launch,
        spoil=lambda: c.fill(np.nan),
        operands=lambda: Operands(a, b, c),
        clock=Clock(),
        amount=problem.amount,
        compute=Compute("fp64", "fp64", "fp64", "fp64", library="pacemaker 1"),
    )


KERNELS = {"steps": prepare}
