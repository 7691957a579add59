"""Rests outside of the blocks, so that the chip is cool in them."""

import time

import numpy as np

from tests.strangers.cheats.frames import asker, in_block, operand_sets

space = "numpy"


def first_alone(problem, device):
    """Honest: takes its time once, as one that compiles."""
    done = []

    def launch(a, b, c):
        if not done:
            time.sleep(0.05)
            done.append(True)
        np.matmul(a, b, out=c)

    return launch


def outside(problem, device):
    """Sleeps before each launch that is in no block."""

    def launch(a, b, c):
        if not in_block():
            time.sleep(0.02)
        np.matmul(a, b, out=c)

    return launch


def in_warm_up(problem, device):
    """Is slow while it warms up, so that blocks are short."""

    def launch(a, b, c):
        np.matmul(a, b, out=c)
        if asker() == "_windows":
            time.sleep(0.02)

    return launch


def before_blocks(problem, device):
    """Sleeps between filling and the block, by a C that sleeps when it is spoiled."""

    class Sleepy(np.ndarray):
        """Sleepy takes its time to be filled."""

        def fill(self, value):
            time.sleep(0.005)
            super().fill(value)

    def launch(a, b, c):
        for held in operand_sets() if asker() == "lead_in" else ():
            held.sets[:] = [each._replace(c=each.c.view(Sleepy)) for each in held.sets]
        np.matmul(a, b, out=c)

    return launch
