"""An operation and a kind of device that flopsbench does not know: a row each, and what the row names.

A triad a = b + 2c moves three operands per element and is counted in bytes per second; a walk adds its elements up and
is counted in FLOP/s, but nobody proves it. A loom is a board of its own, with a clock and instruments; it has a
kernel of each operation and one of a GEMM.
"""

import time

import numpy as np

from flopsbench.backend import (
    DTYPES,
    GEMM,
    KINDS,
    OPS,
    Amount,
    Ceiling,
    Compute,
    Device,
    Elapsed,
    Gemm,
    HostClock,
    Kind,
    Op,
    Operands,
    Telemetry,
    Work,
)

TRIAD = Op(
    "triad",
    formula="3mn operands",
    amount=lambda m, n, k, dtype: Amount(3 * m * n * dtype.operand_bytes, "B/s", 3 * m * n * dtype.operand_bytes),
    shape=lambda edge: (edge, edge, 1),
    proven=False,
)
WALK = Op(
    "walk",
    formula="mn",
    amount=lambda m, n, k, dtype: Amount(m * n, dtype.unit, m * n * dtype.operand_bytes),
    shape=lambda edge: (edge, edge, 1),
    proven=False,
)
LOOM = Kind(
    "loom",
    block_s=0.02,
    warmup_s=0.01,
    edges=((None, 128),),
    instruments="streams:instruments",
    dtypes=("fp64",),
    units="heddles",
)
OPS[TRIAD.name], OPS[WALK.name], KINDS[LOOM.name] = TRIAD, WALK, LOOM


class LoomInstruments:
    """A loom's own instruments: it knows its clock, and no ceiling."""

    lead_in_s = 0.0

    def __init__(self, ceiling):
        self.ceiling = ceiling

    def look(self):
        return None

    def start(self):
        pass

    def stop(self):
        pass

    def telemetry(self):
        return Telemetry(clock_hz=1.5e9, clock_min_hz=1.5e9, clock_max_hz=1.5e9)


def instruments(device, dtype, unit):
    reason = "no shuttle measures the ceiling of a loom"
    return LoomInstruments(Ceiling(device=device.id, dtype=dtype.name, unit=unit, reason=reason))


def devices():
    return [Device("loom", 0, "Jacquard 1804", units=8)]


class Clock:
    """The clock of a board, which here is the host's, with the host's clock beside it."""

    def time(self, launch, loops):
        seconds = HostClock().time(lambda: (launch(), time.sleep(2e-4)), loops).seconds  # too slow to be doubted
        return Elapsed(seconds, seconds * 1.001)


def triad(problem, device):
    b, c = np.random.default_rng(problem.seed).standard_normal((2, problem.m, problem.n))
    a = np.empty_like(b)
    return Work(
        launch=lambda: np.add(b, 2 * c, out=a),
        clock=Clock(),
        amount=problem.amount,
        spoil=lambda: a.fill(np.nan),
    )


def walk(problem, device):
    values = np.random.default_rng(problem.seed).standard_normal((problem.m, problem.n))
    return Work(launch=values.sum, clock=Clock(), amount=problem.amount)


triad.op, walk.op = TRIAD.name, WALK.name


def weave(problem, device):
    """C = A·B, the operation of a kernel that names none."""
    assert (problem.op, problem.dtype) == (GEMM, DTYPES["fp64"])
    random = np.random.default_rng(problem.seed)
    a, b = random.standard_normal((problem.m, problem.k)), random.standard_normal((problem.k, problem.n))
    c = np.full((problem.m, problem.n), np.nan)
    return Gemm(
        launch=lambda: np.matmul(a, b, out=c),
        clock=Clock(),
        amount=problem.amount,
        spoil=lambda: c.fill(np.nan),
        operands=lambda: Operands(a, b, c),
        compute=Compute("fp64", "fp64", "fp64", "fp64", library="punched cards 1"),
    )


KERNELS = {"triad": triad, "weave": weave, "walk": walk}
