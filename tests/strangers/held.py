"""A backend whose clock never errs, and that variables hold down: OMP_HELD to a half, OMP_SLOWED to three quarters."""

import os

import numpy as np

from flopsbench.backend import Device, Elapsed, Prepared, Room
from flopsbench.backends.numpy.arrays import NumpySpace

HELD = {"OMP_HELD": 0.5, "OMP_SLOWED": 0.75}


class Clockwork(NumpySpace):
    """Room of numpy's, and a clock that ticks as the variables say."""

    def __init__(self):
        self.flop = 0

    def devices(self):
        return [Device("cpu", 0, "clockwork", units=1)]

    def clock(self, device):
        return self

    def memory(self, device):
        return Room(super().memory(device).free_bytes, cache_bytes=0)

    def time(self, launch, loops):
        for _ in range(min(loops, 2)):  # each of the two sets is multiplied
            launch()
        rate_per_s = 1e12
        for name, share in HELD.items():
            rate_per_s *= share if name in os.environ else 1.0
        return Elapsed(loops * self.flop / rate_per_s)


space = Clockwork()


def prepare(problem, device):
    """C = A·B by numpy."""
    space.flop = problem.amount.count
    return Prepared(lambda a, b, c: np.matmul(a, b, out=c), library="clockwork 1")


KERNELS = {"steps": prepare}
