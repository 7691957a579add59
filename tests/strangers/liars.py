"""Backends that lie, each kernel in one way, and one that does not. A lie must never get a rate."""

import numpy as np

from flopsbench.backend import Compute, Device, Gemm, HostClock, Operands

WARM = 10  # launches after which the idler stops working: fewer than the slowest machine makes


def devices():
    return [Device("cpu", 0, "liar", units=1), Device("cuda", 7, "lying GPU", units=1)]


def rounded(values, mantissa_bits):
    """float32 with its mantissa rounded, as tensor cores do to their operands."""
    step = np.uint32(1 << (23 - mantissa_bits))
    return ((values.view(np.uint32) + step // 2) & ~(step - 1)).view(np.float32)


class Honest:
    """A, B and C in float32, and a launch that multiplies them."""

    def __init__(self, problem):
        random = np.random.default_rng(problem.seed)
        self.a = random.standard_normal((problem.m, problem.k), dtype=np.float32)
        self.b = random.standard_normal((problem.k, problem.n), dtype=np.float32)
        self.c = np.zeros((problem.m, problem.n), dtype=np.float32)
        self.launches = 0

    def launch(self):
        self.launches += 1
        np.matmul(self.a, self.b, out=self.c)

    def spoil(self):
        self.c.fill(np.nan)


class Zero(Honest):
    def launch(self):
        self.c.fill(0)


class Tile(Honest):
    """One 64x64 tile is never computed."""

    def launch(self):
        super().launch()
        self.c[:64, :64] = 0


class Stale(Honest):
    """The product of other operands, computed once."""

    def __init__(self, problem):
        super().__init__(problem)
        self.old = self.a[::-1] @ self.b

    def launch(self):
        self.c[:] = self.old


class Idle(Honest):
    """Right while it warms up, then nothing."""

    def launch(self):
        self.launches += 1
        if self.launches < WARM:
            np.matmul(self.a, self.b, out=self.c)


class Swapped(Honest):
    def launch(self):
        np.matmul(self.b, self.a, out=self.c)


class NotANumber(Honest):
    def launch(self):
        super().launch()
        self.c[3, 5] = np.nan


class Tf32(Honest):
    def launch(self):
        np.matmul(rounded(self.a, 10), rounded(self.b, 10), out=self.c)


class Bf16(Honest):
    def launch(self):
        np.matmul(rounded(self.a, 7), rounded(self.b, 7), out=self.c)


class Zeros(Honest):
    """Right products of no data at all."""

    def __init__(self, problem):
        super().__init__(problem)
        self.a[:], self.b[:] = 0, 0


class Ones(Honest):
    def __init__(self, problem):
        super().__init__(problem)
        self.a[:], self.b[:] = 1, 1


class Twice(Honest):
    """One matrix as both operands."""

    def __init__(self, problem):
        super().__init__(problem)
        self.b = self.a


class Poisoned(Honest):
    """A NaN in A must not blind the judge."""

    def __init__(self, problem):
        super().__init__(problem)
        self.a[0, 0] = np.nan

    def launch(self):
        self.c.fill(0)


def kernel(kind):
    def prepare(problem, device):
        work = kind(problem)
        return Gemm(
            launch=work.launch,
            spoil=work.spoil,
            operands=lambda: Operands(work.a, work.b, work.c),
            clock=HostClock(),
            amount=problem.amount,
            compute=Compute("fp32", "fp32", "fp32", "fp32", library="liar"),
        )

    return prepare


ALL = (Honest, Zero, Tile, Stale, Idle, Swapped, NotANumber, Tf32, Bf16, Zeros, Ones, Twice, Poisoned)
KERNELS = {kind.__name__.lower(): kernel(kind) for kind in ALL}
