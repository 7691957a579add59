"""numpy's own GEMM behind a wrapper that repeats 3 launches of 100: 3 % slower, as a careless change makes it."""

from dataclasses import replace

from flopsbench.backends.numpy import KERNELS as HONEST

EVERY = 100 / 3
space = "numpy"


def prepare(problem, device):
    """The honest launch, which works twice every 33rd or 34th time."""
    honest = HONEST["blas"](problem, device)
    owed = 0.0

    def launch(a, b, c):
        nonlocal owed
        honest.launch(a, b, c)
        owed += 1 / EVERY
        if owed >= 1:
            owed -= 1
            honest.launch(a, b, c)

    return replace(honest, launch=launch)


KERNELS = {"blas": prepare}
