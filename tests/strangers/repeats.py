"""numpy's own GEMM behind a wrapper that repeats 3 launches of 100: 3 % slower, as a careless change makes it."""

from collections import deque
from dataclasses import replace

from flopsbench.backends.numpy import KERNELS as HONEST

EVERY = 100 / 3
AGO = 8  # launches: what was multiplied last lies in the caches still, and would be repeated in less time
space = "numpy"


def prepare(problem, device):
    """The honest launch, which is followed by an earlier one every 33rd or 34th time."""
    honest = HONEST["blas"](problem, device)
    owed, earlier = 0.0, deque(maxlen=AGO)

    def launch(a, b, c):
        nonlocal owed
        honest.launch(a, b, c)
        earlier.append((a, b, c))
        owed += 1 / EVERY
        if owed >= 1:
            owed -= 1
            honest.launch(*earlier[0])

    return replace(honest, launch=launch)


KERNELS = {"blas": prepare}
