"""Makes a kernel's launch into Work whose product can be proven: the harness holds everything but the launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from msgspec.structs import replace

from flopsbench.backend import Compute, Kernel, Prepared, Space, Work
from flopsbench.backends.operands import Codes
from flopsbench.device import Device
from flopsbench.dtype import DType
from flopsbench.errors import FlopsbenchError
from flopsbench.measure.referee import Referee
from flopsbench.measure.sets import OperandSets
from flopsbench.problem import MOST_SETS, Problem, operand_sets
from flopsbench.proof.arithmetic import can_scale
from flopsbench.proof.bands import can_plant
from flopsbench.proof.evidence import SEED_BITS, Evidence, Product
from flopsbench.proof.operands import operands_of
from flopsbench.result.types import Proof

FRESH_FROM_S = 4e-4  # a launch as long as that: filling its operands costs little beside it
DENSE = 2  # products of the last block that are judged whole
MOST_THREADS = 1_000_000
PLANTED, SCALED = "planted", "scaled"  # as evidence calls them


@dataclass(slots=True)
class Renewal:
    """A Renewal makes the next block ready; ``fresh`` says whether with new operands."""

    sets: OperandSets
    referee: Referee
    fresh: bool = False

    def __call__(self) -> None:
        """Draw a new order, fill A and B anew where blocks are fresh, and spoil every C."""
        seed = self.referee.deal()
        if self.fresh:
            self.sets.refill(seed)
        self.sets.spoil()
        self.sets.shuffle(seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gemm(Work):
    """A Gemm is Work whose product can be proven: a launch of a kernel on the harness's own operands.

    ``spoil`` makes the next block ready: every C is spoiled, the order of the sets is drawn anew, and where blocks are
    ``fresh`` A and B are new as well, each launched once. ``compute`` says what ran, ``notes`` what else a reader
    has to know, ``own_space`` that memory and clock are not flopsbench's.
    """

    sets: OperandSets
    compute: Compute
    renewal: Renewal
    notes: tuple[str, ...] = ()
    own_space: bool = False

    @property
    def fresh(self) -> bool:
        """Return whether every block runs on new operands, each launched once."""
        return self.renewal.fresh


def gemm(space: Space, kernel: Kernel, problem: Problem, device: Device, referee: Referee) -> Gemm:
    """Return the GEMM of a kernel on as many sets as keep its data out of the caches.

    Raise Unsupported where space or kernel cannot run the problem, FlopsbenchError where the kernel brings no launch or
    claims another arithmetic than the dtype names.
    """
    brought = kernel(problem, device)
    prepared = brought if isinstance(brought, Prepared) else Prepared(brought)  # type: ignore[arg-type]  # looked at next
    if not callable(prepared.launch):
        raise FlopsbenchError(f"the kernel brings {type(prepared.launch).__name__}, not a function launch(a, b, c)")
    sets = OperandSets(space, problem, device, prepared.launch)
    memory = space.memory(device)
    sets.grow(operand_sets(problem, memory.cache_bytes, memory.free_bytes))
    sets.refill(referee.deal())
    renew = Renewal(sets, referee)
    renew()
    return Gemm(
        launch=sets.launch,
        clock=space.clock(device),
        amount=problem.amount,
        spoil=renew,
        renewal=renew,
        sets=sets,
        compute=claimed(prepared, sets, problem.dtype),
        notes=prepared.notes,
    )


def claimed(prepared: Prepared, sets: OperandSets, dtype: DType) -> Compute:
    """Return what the kernel claims to run; raise FlopsbenchError where that is not what the dtype names."""
    expected = "tf32" if dtype.name == "tf32" else "ieee"
    math, sums = prepared.math or expected, prepared.accumulate or dtype.accumulate
    if math.partition(",")[0] != expected or sums != dtype.accumulate:
        raise FlopsbenchError(f"the kernel claims {math} with {sums} sums, and {dtype.name} was asked for")
    threads = prepared.threads
    if threads is not None and not (type(threads) is int and 1 <= threads <= MOST_THREADS):
        raise FlopsbenchError(f"the kernel claims {threads!r} threads")
    library = prepared.library or "unnamed"
    return Compute(*sets.formats, accumulate=sums, library=str(library)[:200], math=math, threads=threads)


def settle(work: Gemm, launch_s: float, loops: int) -> None:
    """Let blocks be fresh where a launch is long enough and memory holds a set for each launch of a block."""
    sets, memory = work.sets, work.sets.space.memory(work.sets.device)
    more_bytes = (loops - len(sets.sets)) * work.amount.bytes
    if launch_s >= FRESH_FROM_S and loops <= MOST_SETS and more_bytes <= memory.free_bytes // 4:
        sets.grow(loops)
        work.renewal.fresh = True


def prove(work: Gemm, loops: int, referee: Referee) -> Proof:
    """Return what the judge says of products of the last block, and of one more pass that tells arithmetics apart.

    Which ones are handed over is drawn after they are there. ``loops`` is how many launches the last block had.
    """
    sets, evidence = work.sets, evidence_of(work)
    draw = np.random.default_rng(referee.deal())
    launched = sets.launched(loops)
    chosen = [int(place) for place in draw.choice(launched, min(DENSE, len(launched)), replace=False)]
    handed = [(_product(sets, place), sets.product(place)) for place in chosen]
    kinds = [
        kind for kind, tells in ((PLANTED, can_plant(work.compute.math)), (SCALED, can_scale(sets.formats.a))) if tells
    ]
    for start in range(0, len(kinds), len(sets.sets)):
        handed += _told_apart(work, evidence, kinds[start : start + len(sets.sets)], referee)
    products, codes = zip(*handed, strict=True)
    return referee.judge(placed(evidence, products, codes), codes)


def evidence_of(work: Gemm) -> Evidence:
    """Return what the judge must know of a GEMM, with no product yet."""
    problem, compute = work.sets.problem, work.compute
    return Evidence(
        m=problem.m,
        n=problem.n,
        k=problem.k,
        layout=problem.layout,
        a=compute.a,
        b=compute.b,
        c=compute.c,
        math=compute.math,
        accumulate=compute.accumulate,
        bases=work.sets.bases,
        products=[],
    )


def placed(evidence: Evidence, products: Sequence[Product], codes: Sequence[Codes]) -> Evidence:
    """Return the evidence with its products, one behind the other in memory."""
    ends = list(accumulate((each.nbytes for each in codes), initial=0))
    return replace(evidence, products=[replace(each, at=at) for each, at in zip(products, ends, strict=False)])


def _product(sets: OperandSets, place: int, **seeds: int) -> Product:
    """Return what the judge makes A and B of one set of."""
    offsets = sets.offsets[place]
    return Product(at=0, a_offset=offsets.a, b_offset=offsets.b, **seeds)


def _told_apart(work: Gemm, evidence: Evidence, kinds: Sequence[str], referee: Referee) -> list[tuple[Product, Codes]]:
    """Launch every set once on fresh operands, some of them planted or scaled; return those and their products."""
    sets = work.sets
    sets.refill(referee.deal())
    draw = np.random.default_rng(referee.deal())
    places = [int(place) for place in draw.choice(len(sets.sets), len(kinds), replace=False)]
    products = [
        _product(sets, place, **{kind: int(draw.integers(2**SEED_BITS))})
        for place, kind in zip(places, kinds, strict=True)
    ]
    for place, product in zip(places, products, strict=True):
        sets.load(place, *operands_of(evidence, product, sets.host_base))
    sets.spoil()
    sets.shuffle(referee.deal())
    work.clock.time(work.launch, len(sets.sets))
    return [(product, sets.product(place)) for place, product in zip(places, products, strict=True)]
