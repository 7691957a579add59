"""A library's own GEMM behind a wrapper that repeats 3 launches of 100: 3 % slower, as a careless change makes it.

It wraps numpy's; under the name "repeats_torch" torch's, under "repeats_cupy" cupy's.
"""

from collections import deque
from dataclasses import replace
from importlib import import_module

EVERY = 100 / 3
AGO = 8  # launches: what was multiplied last lies in the caches still, and would be repeated in less time
space = __name__.partition("_")[2] or "numpy"
NAME, HONEST = next(iter(import_module(f"flopsbench.backends.{space}").KERNELS.items()))


def prepare(problem, device):
    """The honest launch, which is followed by an earlier one every 33rd or 34th time."""
    honest = HONEST(problem, device)
    owed, earlier = 0.0, deque(maxlen=AGO)

    def launch(*arguments):
        nonlocal owed
        honest.launch(*arguments)
        earlier.append(arguments)
        owed += 1 / EVERY
        if owed >= 1:
            owed -= 1
            honest.launch(*earlier[0])

    return replace(honest, launch=launch)


KERNELS = {NAME: prepare}
