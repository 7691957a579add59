"""Kernels that change the harness of their own process: its clock, its record or what the judge said of it."""

import sys

import numpy as np
from msgspec.structs import replace

from flopsbench.backend import HostClock
from flopsbench.measure import case
from flopsbench.result.types import Proof

space = "numpy"
worker = sys.modules["__main__"]  # the program of the process
TIME, PROOF, MEASURED = HostClock.time, case._proof, worker._measured
FORGED = Proof(method="forged", passed=True, bound=1.0, checked="nothing", max_residual=0.0)


def clock(factor):
    """Let every span of time seem so many times as long."""

    def time(self, launch, loops):
        elapsed = TIME(self, launch, loops)
        return elapsed._replace(seconds=elapsed.seconds * factor)

    HostClock.time = time


def own_proof():
    """Nothing is handed over."""
    case._proof = lambda work, blocks, referee: FORGED


def own_blocks():
    """The record alone is twice as fast."""

    def measured(record, taken):
        found = MEASURED(record, taken)
        halves = [seconds / 2 for seconds in found.processes[0].block_s]
        return replace(found, processes=[replace(found.processes[0], block_s=halves)])

    worker._measured = measured


def always_right():
    """Whatever the judge says, the record says another thing."""
    case._proof = lambda work, blocks, referee: PROOF(work, blocks, referee) and FORGED


def kernel(forge, factor=1.0):
    def prepare(problem, device):
        HostClock.time, case._proof, worker._measured = TIME, PROOF, MEASURED
        forge()

        def launch(a, b, c):
            np.matmul(a, b, out=c)
            c *= factor

        return launch

    return prepare


KERNELS = {
    "honest": kernel(lambda: None),
    "tenth_off": kernel(lambda: clock(0.9)),
    "half_off": kernel(lambda: clock(0.5)),
    "own_proof": kernel(own_proof),
    "own_blocks": kernel(own_blocks),
    "always_right": kernel(always_right, factor=2.0),
}
