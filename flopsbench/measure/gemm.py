"""Makes a kernel's launch into Work whose product can be proven: the harness holds everything but the launch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as dataclass_replace
from functools import lru_cache

from msgspec.structs import replace

from flopsbench.backend import Clock, Compute, Kernel, Prepared, Space, Work
from flopsbench.backends.operands import Codes
from flopsbench.device import Device
from flopsbench.dtype import DType, mode_of
from flopsbench.errors import FlopsbenchError
from flopsbench.measure.referee import Referee
from flopsbench.measure.sets import OperandSets
from flopsbench.problem import MOST_SETS, Problem, operand_sets
from flopsbench.proof.dealing import choice_of, kinds_for, kinds_of, launched
from flopsbench.proof.evidence import Evidence, Product
from flopsbench.proof.ledger import Dealt, Purpose, is_longer
from flopsbench.proof.operands import operands_of
from flopsbench.stats import median
from flopsbench.words.reason import Reason

FRESH_FROM_S = 4e-4  # a launch as long as that: filling its operands costs little beside it
MOST_AUDITS = 5  # before one block
MOST_THREADS = 1_000_000


@dataclass(slots=True)
class Renewal:
    """A Renewal makes the next block ready, and looks at what a block has done.

    Every block begins on new operands; ``fresh`` says whether each is launched once. A launch takes about ``launch_s``.
    """

    sets: OperandSets
    clock: Clock
    referee: Referee
    fresh: bool = False
    launch_s: float = 0.0
    in_blocks_s: list[float] = field(default_factory=list)
    in_audits_s: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        """Fill A and B anew, and spoil every C; before that try for launches that are spared, unless each is seen."""
        if not self.fresh:
            self.try_spots()
            self.audit_until_quick()
        self.refill()
        self.spoil()

    def audit_until_quick(self) -> None:
        """Look at one audit, and more while none was as quick as blocks are: on a busy machine most are disturbed.

        Whoever spares work has to do it in each of them.
        """
        usual_s = median(self.in_blocks_s) if self.in_blocks_s else self.launch_s
        for _ in range(MOST_AUDITS):
            self.audit()
            if not is_longer(min(self.in_audits_s, default=math.inf), usual_s):
                return

    def refill(self) -> None:
        """Fill every A and B from new offsets."""
        self.sets.refill(self.deal("operands"))

    def spoil(self) -> None:
        """Overwrite every C, and draw a new order."""
        self.sets.spoil()
        self.sets.shuffle(self.deal("order"))

    def try_spots(self) -> None:
        """Launch every set once, some of them with a new row of A: whatever launch is skipped, its C shows it."""
        count = len(self.sets.sets)
        self.sets.spot(seed := self.deal("spots"))
        self.sets.shuffle(self.deal("order"))
        seconds = self.run(count)
        self.referee.looked(self.sets.look_at_spots(count, seconds, seed))

    def audit(self) -> None:
        """Launch every set once, straight after it was filled: whoever spares work on operands that he knows is slow.

        Nothing comes in between, no launch to warm up either: after one, short launches take up to 1.4 times as long.
        """
        self.refill()
        self.spoil()
        count = len(self.sets.sets)
        self.look(count, self.run(count), audit=True)

    def run(self, count: int) -> float:
        """Launch so many sets; return the seconds that it took."""
        self.referee.step("launch", count * self.launch_s)
        return self.clock.time(self.sets.launch, count).seconds

    def look(self, loops: int, seconds: float, audit: bool = False) -> None:
        """Look at some numbers of A, B and C, which are dealt now that the launches are over."""
        (self.in_audits_s if audit else self.in_blocks_s).append(seconds / loops)
        self.referee.looked(replace(self.sets.look(loops, seconds, self.deal("look")), audit=audit))

    def deal(self, purpose: Purpose) -> int:
        """Return a seed for all sets."""
        return self.referee.deal(purpose, len(self.sets.sets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gemm(Work):
    """A Gemm is Work whose product can be proven: a launch of a kernel on the harness's own operands.

    ``spoil`` makes the next block ready: A and B are filled anew, every C is spoiled, and the order of the sets is
    drawn. ``inspect`` looks at what a block has done. ``compute`` says what ran, ``notes`` what else a reader has to
    know, ``own_space`` that memory and clock are not flopsbench's.
    """

    sets: OperandSets
    compute: Compute
    renewal: Renewal
    notes: tuple[str, ...] = ()
    own_space: bool = False

    @property
    def fresh(self) -> bool:
        """Return whether a block launches each set once, so that every launch is on new operands."""
        return self.renewal.fresh


def gemm(
    space: Space, kernel: Kernel, problem: Problem, device: Device, referee: Referee, most_sets: int = MOST_SETS
) -> Gemm:
    """Return the GEMM of a kernel on as many sets as keep its data out of the caches, or ``most_sets``.

    Raise Unsupported where space or kernel cannot run the problem, FlopsbenchError where the kernel brings no launch or
    claims another arithmetic than the dtype names.
    """
    brought = kernel(dataclass_replace(problem, seed=0), device)  # whoever knew the seed could compute beforehand
    prepared = brought if isinstance(brought, Prepared) else Prepared(brought)  # type: ignore[arg-type]  # looked at next
    if not callable(prepared.launch):
        raise FlopsbenchError(Reason("no_launch_function", told=type(prepared.launch).__name__))
    sets = OperandSets(space, problem, device, prepared.launch)
    memory = space.memory(device)
    sets.grow(min(operand_sets(problem, memory.cache_bytes, memory.free_bytes), most_sets))
    renewal = Renewal(sets, space.clock(device), referee)
    renewal.refill()
    renewal.spoil()
    return Gemm(
        launch=sets.launch,
        clock=renewal.clock,
        amount=problem.amount,
        spoil=renewal,
        inspect=renewal.look,
        renewal=renewal,
        sets=sets,
        compute=claimed(prepared, sets, problem.dtype),
        notes=prepared.notes,
    )


def claimed(prepared: Prepared, sets: OperandSets, dtype: DType) -> Compute:
    """Return what the kernel claims to run; raise FlopsbenchError where that is not what the dtype names."""
    math, sums = prepared.math or dtype.math, prepared.accumulate or dtype.accumulate
    if mode_of(math) != dtype.math or sums != dtype.accumulate:
        raise FlopsbenchError(Reason("claims_other_math", math=math, sums=sums, dtype=dtype.name))
    threads = prepared.threads
    if threads is not None and not (type(threads) is int and 1 <= threads <= MOST_THREADS):
        raise FlopsbenchError(Reason("claims_threads", threads=repr(threads)))
    library = prepared.library or "unnamed"
    return Compute(*sets.formats, accumulate=sums, library=str(library)[:200], math=math, threads=threads)


def settle(work: Gemm, launch_s: float, loops: int) -> None:
    """Let blocks be fresh where a launch is long enough, and memory holds a set for each launch of a block."""
    sets, renewal = work.sets, work.renewal
    free_bytes = sets.space.memory(sets.device).free_bytes
    more_bytes = (loops - len(sets.sets)) * work.amount.bytes
    renewal.launch_s = launch_s
    renewal.fresh = launch_s >= FRESH_FROM_S and loops <= MOST_SETS and more_bytes <= free_bytes // 4
    if renewal.fresh:
        sets.grow(loops)


def hand_over(work: Gemm, loops: int) -> list[Codes]:
    """Return a product of the last block, of so many launches, and those of one more pass that tells arithmetics apart.

    Which one is drawn when they are there.
    """
    sets = work.sets
    choice = Dealt(work.renewal.deal("choice"), len(sets.sets))
    products = [sets.product(choice_of(choice, launched(sets.order, loops)))]
    kinds = kinds_for(work.compute.math, sets.formats.a)
    for start in range(0, len(kinds), len(sets.sets)):
        products += _told_apart(work, kinds[start : start + len(sets.sets)])
    return products


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
    )


def _told_apart(work: Gemm, kinds: Sequence[str]) -> list[Codes]:
    """Launch every set once on fresh operands, some of them planted or scaled; return the products of those."""
    sets, renewal, evidence = work.sets, work.renewal, evidence_of(work)
    base_of = lru_cache(lambda storage, _: sets.host_base(storage))  # fetched once for all of the pass
    renewal.refill()
    seeds = kinds_of(Dealt(renewal.deal("kinds"), len(sets.sets)), kinds)
    for place, seed in seeds.items():
        offsets = sets.offsets[place]
        product = Product(at=0, a_offset=offsets.a, b_offset=offsets.b, **seed)
        sets.load(place, *operands_of(evidence, product, base_of))
    renewal.spoil()
    renewal.run(len(sets.sets))
    renewal.referee.step("fetch")
    return [sets.product(place) for place in seeds]
