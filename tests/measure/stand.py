"""A stand for tests of a measurement: numpy's memory, a clock of made-up time, and a referee whose dice are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Elapsed, Formats, Launch, Prepared, Room
from flopsbench.backends.numpy.arrays import NumpySpace
from flopsbench.backends.operands import STORAGES, Codes
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.measure.blocks import Step
from flopsbench.problem import Problem
from flopsbench.proof.dealing import with_products
from flopsbench.proof.evidence import Evidence
from flopsbench.proof.judge import judge
from flopsbench.proof.ledger import Dealt, Ledger, Look, Purpose
from flopsbench.proof.operands import drawn_base
from flopsbench.proof.verdict import audited
from flopsbench.result.types import Ceiling, Proof, Telemetry

CPU = Device("cpu", 0, "imaginary")
SMALL = Problem(32, 32, 32, DTYPES["fp64"])
LAUNCH_S = 1 / 64  # exact in binary, as are its sums
AMPLE = 1 << 40  # bytes

Array = NDArray[Any]


class Stand(NumpySpace):
    """Numpy's memory, of any size, and a clock that goes on only while a launch says so.

    ``narrow`` are the formats of a dtype that numpy has no product for: their arrays hold codes.
    """

    def __init__(self, cache_bytes: int = 0, free_bytes: int = AMPLE, narrow: Formats | None = None) -> None:
        self.room = Room(free_bytes, cache_bytes)
        self.narrow = narrow
        self.seconds = 0.0

    def memory(self, device: Device) -> Room:
        return self.room

    def formats(self, problem: Problem, device: Device) -> Formats:
        return self.narrow or super().formats(problem, device)

    def spoil(self, flat: Array) -> None:
        flat.view(np.uint8).fill(0xFF)  # NaN in every format with a sign and an exponent

    def clock(self, device: Device) -> Stand:  # type: ignore[override]  # a clock, though not the host's
        return self

    def time(self, launch: Launch, loops: int) -> Elapsed:
        began = self.seconds
        for _ in range(loops):
            launch()
        return Elapsed(self.seconds - began)

    def honest(self, launch_s: float = LAUNCH_S) -> Callable[..., None]:
        """A launch that multiplies, and takes so long."""

        def launch(a: Array, b: Array, c: Array, *scales: Array) -> None:
            self.seconds += launch_s
            multiply(a, b, c, self.narrow, *scales)

        return launch


def multiply(a: Array, b: Array, c: Array, narrow: Formats | None = None, *scales: Array) -> None:
    """C = A·B, of codes where the formats are narrow."""
    if narrow is None:
        np.matmul(a, b, out=c)
        return
    of_a, of_b, of_c = (STORAGES[name] for name in narrow)
    c[:] = of_c.narrow(np.prod([float(scale[0]) for scale in scales]) * (of_a.widen(a) @ of_b.widen(b)))


def kernel_of(launch: Callable[..., object], **claims: Any) -> Callable[[Problem, Device], Prepared]:
    """A kernel that brings this launch for whatever problem."""
    return lambda problem, device: Prepared(launch, **claims)


class Dealing:
    """A referee that deals 1, 2, 3 … and notes what it was asked, and what was handed to it."""

    def __init__(self, first: int = 1) -> None:
        self.seeds = count(first)
        self.asked: list[str] = []
        self.ledger = Ledger()
        self.evidence: Evidence | None = None
        self.products: Sequence[Codes] = ()

    def step(self, step: Step, expected_s: float = 0.0) -> None: ...

    def deal(self, purpose: Purpose, sets: int) -> int:
        self.asked.append(purpose)
        dealt = Dealt(next(self.seeds), sets)
        self.ledger.enter(purpose, dealt)
        return dealt.seed

    def begin(self) -> None:
        self.asked.append("begin")

    def looked(self, look: Look) -> None:
        self.asked.append("look")
        self.ledger.looked(look)

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        self.asked.append("judge")
        self.evidence, self.products = with_products(evidence, self.ledger), products
        memory = b"".join(each.tobytes() for each in products)
        return audited(judge(self.evidence, memory, np.random.default_rng(1), drawn_base), self.ledger)


class Still:
    """Instruments that see a steady ceiling."""

    ceiling = Ceiling(device="cpu", dtype="fp64")
    lead_in_s = 0.0

    def look(self) -> float | None:
        return 1e12

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def telemetry(self) -> Telemetry:
        return Telemetry(load=0.5)
