"""A backend whose clock never errs and whose speed is told by the environment: PACE times 1000.0 GFLOPS.

OMP_HELD, which is a variable that documents hold, takes a half of that, OMP_SLOWED a quarter. PACE=dead dies at its
first launch, PACE=wrong multiplies wrongly, PACE=none cannot run the problem.
"""

import os

import numpy as np

from flopsbench.backend import Device, Elapsed, Prepared, Room, Unsupported
from flopsbench.backends.numpy.arrays import NumpySpace

HELD = {"OMP_HELD": 0.5, "OMP_SLOWED": 0.75}


class Pacemaker(NumpySpace):
    """Room of numpy's, and a clock that ticks as PACE says."""

    def __init__(self):
        self.flop = 0

    def devices(self):
        return [Device("cpu", 0, "pacemaker", units=1)]

    def clock(self, device):
        return self

    def memory(self, device):
        return Room(super().memory(device).free_bytes, cache_bytes=0)

    def time(self, launch, loops):
        for _ in range(min(loops, 2)):  # each of the two sets is multiplied
            launch()
        pace = os.environ.get("PACE", "1")
        rate_per_s = 1e12 * (float(pace) if pace[0].isdigit() else 1.0)
        for name, share in HELD.items():
            rate_per_s *= share if name in os.environ else 1.0
        return Elapsed(loops * self.flop / rate_per_s)


space = Pacemaker()


def prepare(problem, device):
    """C = A·B by numpy, or not, as PACE says."""
    pace = os.environ.get("PACE", "1")
    if pace == "none":
        raise Unsupported("no pace today")
    space.flop = problem.amount.count

    def launch(a, b, c):
        if pace == "dead":
            os.abort()
        np.matmul(a, b, out=c)
        if pace == "wrong":
            c[0] += 1

    return Prepared(launch, library="pacemaker 1")


KERNELS = {"steps": prepare}
