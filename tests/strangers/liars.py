"""Kernels that lie, each in one way, and one that does not. A lie must never get a rate."""

import numpy as np

from flopsbench.backend import Prepared

WARM = 10  # launches after which the idler stops working: fewer than the slowest machine makes

space = "numpy"


def rounded(values, mantissa_bits):
    """float32 with its mantissa rounded, as tensor cores do to their operands."""
    step = np.uint32(1 << (23 - mantissa_bits))
    return ((np.ascontiguousarray(values).view(np.uint32) + step // 2) & ~(step - 1)).view(np.float32)


def honest(a, b, c):
    np.matmul(a, b, out=c)


def zero(a, b, c):
    c.fill(0)


def tile(a, b, c):
    """One 64x64 tile is never computed."""
    np.matmul(a, b, out=c)
    c[:64, :64] = 0


class Stale:
    """The product of other operands, computed once."""

    old = None

    def __call__(self, a, b, c):
        if self.old is None:
            self.old = a[::-1] @ b
        c[:] = self.old


class Idle:
    """Right while it warms up, then nothing."""

    launches = 0

    def __call__(self, a, b, c):
        self.launches += 1
        if self.launches < WARM:
            np.matmul(a, b, out=c)


def swapped(a, b, c):
    np.matmul(b, a, out=c)


def notanumber(a, b, c):
    np.matmul(a, b, out=c)
    c[3, 5] = np.nan


def tf32(a, b, c):
    np.matmul(rounded(a, 10), rounded(b, 10), out=c)


def bf16(a, b, c):
    np.matmul(rounded(a, 7), rounded(b, 7), out=c)


def kernel(make):
    return lambda problem, device: Prepared(make(), library="liar")


LIES = {
    "honest": lambda: honest,
    "zero": lambda: zero,
    "tile": lambda: tile,
    "stale": Stale,
    "idle": Idle,
    "swapped": lambda: swapped,
    "notanumber": lambda: notanumber,
    "tf32": lambda: tf32,
    "bf16": lambda: bf16,
}
KERNELS = {name: kernel(make) for name, make in LIES.items()}
