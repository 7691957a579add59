"""An honest worker: it measures nothing, and does all else that a measurement does between its blocks and its proof.

What it deals, fills, launches, looks at and hands over is done by the modules that do it in a measurement, in the
memory of numpy. Tests tamper with that between two steps, as a kernel could.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from flopsbench.backend import Formats, Prepared
from flopsbench.backends.formats import usual_formats
from flopsbench.backends.operands import STORAGES, code_dtype
from flopsbench.device import Device
from flopsbench.dtype import DTYPES, INT32
from flopsbench.measure.gemm import Gemm, Renewal, claimed, evidence_of, hand_over
from flopsbench.measure.sets import OperandSet, OperandSets
from flopsbench.problem import Problem
from flopsbench.proof.dealing import Spot, places_of, spots_of, with_products
from flopsbench.proof.evidence import Claim, Evidence
from flopsbench.proof.ledger import Dealt, Seen
from flopsbench.proof.looks import complaint_of_looks
from flopsbench.proof.operands import drawn_base
from tests.measure.stand import CPU, LAUNCH_S, Dealing, Stand

Array = NDArray[Any]
Launcher = Callable[..., None]
base_of = lru_cache(maxsize=64)(drawn_base)

# tf32 lies as fp32 does, and is no other format.
DTYPE_NAMES = tuple(name for name in DTYPES if name != "tf32")
LAYOUTS = ("nn", "nt", "tn")


class Memory(Stand):
    """Numpy's memory of every storage format, sums of int8 among them."""

    def empty(self, storage: str, elements: int, device: Device) -> Array:
        return np.zeros(elements, code_dtype(storage))

    def spoil(self, flat: Array) -> None:
        if flat.dtype == np.int32:
            flat.fill(np.iinfo(np.int32).min)
        else:
            super().spoil(flat)


def multiplying(formats: Formats) -> Launcher:
    """C = A·B of the codes of these formats."""

    def launch(a: Array, b: Array, c: Array, *scales: Array) -> None:
        sums = STORAGES[formats.a].widen(a) @ STORAGES[formats.b].widen(b)
        for scale in scales:
            sums *= float(scale[0])
        c[:] = sums.astype(np.int32) if formats.c == INT32 else STORAGES[formats.c].narrow(sums)

    return launch


class Worker:
    """A Worker has so many sets of operands, on which it launches ``launch``; an honest one multiplies.

    What is dealt to it begins with ``first``.
    """

    def __init__(
        self,
        dtype: str = "fp32",
        layout: Any = "nn",
        shape: tuple[int, int, int] = (6, 5, 7),
        sets: int = 4,
        first: int = 1,
        launch: Launcher | None = None,
    ) -> None:
        formats = usual_formats(dtype)
        problem = Problem(*shape, DTYPES[dtype], layout, seed=11)
        self.launch = launch or multiplying(formats)
        self.referee = Dealing(first)
        self.ledger = self.referee.ledger
        self.shape = shape
        space = Memory(narrow=formats)
        self.sets = OperandSets(space, problem, CPU, lambda *arrays: self.launch(*arrays))
        self.sets.grow(sets)
        self.renewal = Renewal(self.sets, space.clock(CPU), self.referee)
        self.renewal.refill()
        self.renewal.spoil()
        self.work = Gemm(
            launch=self.sets.launch,
            clock=self.renewal.clock,
            amount=problem.amount,
            spoil=self.renewal,
            inspect=self.renewal.look,
            sets=self.sets,
            compute=claimed(Prepared(self.launch), self.sets, problem.dtype),
            renewal=self.renewal,
        )

    # --- what a measurement does

    def run(self, loops: int) -> None:
        """Launch a block on what is ready."""
        self.work.clock.time(self.work.launch, loops)

    def look(self, loops: int, seed: int = 5) -> Seen:
        """Look after a block, by a seed that a test knows."""
        self.ledger.enter("look", Dealt(seed, len(self.sets.sets)))
        self.referee.looked(self.sets.look(loops, loops * LAUNCH_S, seed))
        return self.ledger.seen[-1]

    def block(self, loops: int) -> None:
        """Make ready, launch and look, as for each block that is timed, but by a seed that is the same each time.

        Audits, which are blocks of one launch on each set, are left out.
        """
        if not self.renewal.fresh:
            self.renewal.try_spots()
        self.renewal.refill()
        self.renewal.spoil()
        self.run(loops)
        self.look(loops, next(self.referee.seeds))

    def hand_over(self, loops: int) -> list[Array]:
        return hand_over(self.work, loops)

    # --- what a test has to know of it

    def set_of(self, launch: int) -> OperandSet:
        """The set that a launch of the present order is given."""
        return self.sets.sets[self.sets.order[launch % len(self.sets.order)]]

    def places(self, loops: int, seed: int = 5) -> Any:
        """What a look by the same seed will be at."""
        return places_of(seed, self.sets.order, loops, self.shape)

    def spots(self, seed: int) -> list[Spot]:
        return spots_of(Dealt(seed, len(self.sets.sets)), self.shape, self.sets.bases.length)

    # --- what the judge is told

    @property
    def evidence(self) -> Evidence:
        """What the judge has to know, with the looks, and without a product."""
        return replace(evidence_of(self.work), seen=self.ledger.seen)

    def claim(self) -> Claim:
        return Claim(evidence_of(self.work), self.ledger)

    def products(self) -> Evidence:
        """The evidence with all that follows from the ledger."""
        return with_products(evidence_of(self.work), self.ledger)

    def complaint(self, seed: int = 1) -> str | None:
        """The code of what the judge says of the looks."""
        return complaint_code(self.evidence, seed)


def complaint_code(evidence: Evidence, seed: int = 1) -> str | None:
    """The code of what is wrong with looks."""
    with np.errstate(all="ignore"):
        found = complaint_of_looks(evidence, np.random.default_rng(seed), base_of)
    return found.code if found else None


def measured(dtype: str = "fp32", layout: Any = "nn", **of: Any) -> tuple[Claim, bytes]:
    """A claim after two blocks of three launches, and the memory with what was handed over."""
    worker = Worker(dtype, layout, **of)
    for _ in range(2):
        worker.block(3)
    memory = b"".join(each.tobytes() for each in worker.hand_over(3))
    return worker.claim(), memory
