"""numpy's own GEMM behind a wrapper that repeats 3 launches of 100: 3 % slower, as a careless change makes it.

Under the name "repeats_torch" it wraps torch's, under "repeats_cupy" cupy's.
"""

from dataclasses import replace
from importlib import import_module

EVERY = 100 / 3
space = __name__.partition("_")[2] or "numpy"
NAME, HONEST = next(iter(import_module(f"flopsbench.backends.{space}").KERNELS.items()))


def prepare(problem, device):
    """The honest launch, which works twice every 33rd or 34th time."""
    honest = HONEST(problem, device)
    owed = 0.0

    def launch(*arrays):
        nonlocal owed
        honest.launch(*arrays)
        owed += 1 / EVERY
        if owed >= 1:
            owed -= 1
            honest.launch(*arrays)

    return replace(honest, launch=launch)


KERNELS = {NAME: prepare}
