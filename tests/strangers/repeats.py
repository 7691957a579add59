"""numpy's own GEMM behind a wrapper that repeats 3 launches of 100: 3 % slower, as a careless change makes it."""

from dataclasses import replace

from flopsbench.backends.numpy import KERNELS as HONEST
from flopsbench.backends.numpy import devices  # noqa: F401  # a backend is a module with this name

EVERY = 100 / 3


def prepare(problem, device):
    """The honest job with a launch that works twice every 33rd or 34th time."""
    job = HONEST["blas"](problem, device)
    owed = 0.0

    def launch():
        nonlocal owed
        job.launch()
        owed += 1 / EVERY
        if owed >= 1:
            owed -= 1
            job.launch()

    return replace(job, launch=launch)


KERNELS = {"blas": prepare}
