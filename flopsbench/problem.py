"""Defines the operations that can be measured, and the problem to be timed: one of them on a shape in a dtype.

A new operation is one row of OPS. Documents, the validator, the plan and the pages read the row; only a kernel runs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from flopsbench.dtype import UNITS, DType, Unit
from flopsbench.errors import Unsupported, UsageError
from flopsbench.units import memory_size
from flopsbench.words.reason import Reason

LARGEST_DIMENSION = 1_000_000
MOST_SETS = 256  # of tiny problems: more would take longer to draw than they take to multiply
ROOM_FOR_PROOF = 1.25  # the proof converts operands in slices beside the set itself

Layout = Literal["nn", "nt", "tn"]
Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Amount:
    """An Amount is the work of one launch: ``count`` in ``unit``, and the ``bytes`` of its operands, each once.

    ``count`` is FLOP where the unit is FLOP/s, integer operations where it is OP/s, bytes where it is B/s.
    """

    count: int
    unit: Unit
    bytes: int

    def __post_init__(self) -> None:
        """Refuse what is no amount: a rate of it would be none either."""
        if not (type(self.count) is int and self.count > 0 and type(self.bytes) is int and self.bytes >= 0):
            raise UsageError(f"{self.count!r} on {self.bytes!r} bytes is no amount of work: it takes whole numbers")
        if self.unit not in UNITS:
            raise UsageError(f"{self.unit!r} is none of {', '.join(UNITS)}")


@dataclass(frozen=True, slots=True)
class Op:
    """An Op is one operation on a shape of m, n and k.

    ``amount`` returns the work of one launch of a shape in a dtype, whichever algorithm does it; ``formula`` is how
    people write its count. ``shape`` returns the shape that a single number N of ``--size`` stands for. Where a rate is
    ``proven``, a document must say what ran and hold the proof of its product.
    """

    name: str
    formula: str
    amount: Callable[[int, int, int, DType], Amount]
    shape: Callable[[int], Shape]
    proven: bool = True


def _gemm(m: int, n: int, k: int, dtype: DType) -> Amount:
    """Return the work of C = A·B: 2·m·n·k, a multiplication and an addition for each term of each sum."""
    operand_bytes = (m * k + k * n) * dtype.operand_bytes
    return Amount(2 * m * n * k, dtype.unit, operand_bytes + m * n * dtype.output_bytes)


GEMM = Op("gemm", "2mnk", _gemm, shape=lambda edge: (edge, edge, edge))

OPS = {op.name: op for op in (GEMM,)}


@dataclass(frozen=True, slots=True)
class Problem:
    """A Problem is an operation on a shape: a GEMM is the product C = A·B, A of m x k, B of k x n, C of m x n elements.

    ``layout`` says how A and B lie in memory: "nn" both row-major, "nt" B stored as n x k, "tn" A stored as k x m.
    ``seed`` fixes the operands: N(0,1), or round(32·N(0,1)) clipped to ±127 for int8.
    """

    m: int
    n: int
    k: int
    dtype: DType
    layout: Layout = "nn"
    seed: int = 0
    op: Op = GEMM

    @property
    def amount(self) -> Amount:
        """Return the work of one launch, and the memory of one set of operands: for a GEMM 2·m·n·k operations."""
        return self.op.amount(self.m, self.n, self.k, self.dtype)

    @property
    def widened_bytes(self) -> int:
        """Return the memory of the float32 copies that the proof fetches, in bytes: numpy has no narrow floats."""
        elements = self.m * self.k + self.k * self.n + self.m * self.n
        return 4 * elements if self.dtype.operand_bytes < 4 else 0

    @property
    def shape(self) -> str:
        """Return the shape as ``--size`` takes it, "MxNxK"."""
        return shape_text(self.m, self.n, self.k)

    def resized(self, m: int, n: int, k: int) -> Problem:
        """Return this problem at another shape."""
        return replace(self, m=m, n=n, k=k)


def operand_sets(problem: Problem, cache_bytes: int, free_bytes: int) -> int:
    """Return how many sets of operands to rotate, so that no launch finds its data in cache.

    The sets fill twice the last-level cache, are 2 to MOST_SETS, and take at most a quarter of the free memory. Raise
    Unsupported, before anything is allocated, when not even one set fits with room for the proof.
    """
    check_fits(problem, free_bytes)
    wanted = min(MOST_SETS, max(2, -(-2 * cache_bytes // problem.amount.bytes)))
    affordable = free_bytes // 4 // problem.amount.bytes
    return max(1, min(wanted, affordable))


def check_fits(problem: Problem, free_bytes: int) -> None:
    """Raise Unsupported where one set of operands does not fit into the free memory with room for the proof."""
    needed_bytes = ROOM_FOR_PROOF * (problem.amount.bytes + problem.widened_bytes)
    if needed_bytes > free_bytes:
        raise Unsupported(Reason("too_little_memory", needed=memory_size(needed_bytes), free=memory_size(free_bytes)))


def shape_text(m: int, n: int, k: int) -> str:
    """Return a shape as ``--size`` takes it and as keys hold it: "4096x4096x1024"."""
    return f"{m}x{n}x{k}"


def parse_sizes(text: str, shape_of: Callable[[int], Shape] = GEMM.shape) -> list[Shape]:
    """Return the shapes (m, n, k) of a ``--size``: "2048", "1024,4096" or "4096x4096x1024".

    ``shape_of`` returns the shape that a single number stands for. Raise UsageError for anything else.
    """
    return [_parse_shape(part.strip(), shape_of) for part in text.split(",")]


def _parse_shape(text: str, shape_of: Callable[[int], Shape]) -> Shape:
    """Return m, n and k of one shape; raise UsageError for a text that is none."""
    match = re.fullmatch(r"([0-9]{1,18})(?:x([0-9]{1,18})x([0-9]{1,18}))?", text.lower())
    if match is None:
        raise UsageError(Reason("size_form", size=repr(text)))
    edges = [int(edge) for edge in match.groups() if edge]
    if min(edges) < 1 or max(edges) > LARGEST_DIMENSION:
        raise UsageError(Reason("size_range", size=repr(text), most=LARGEST_DIMENSION))
    m, *others = edges
    return (m, others[0], others[1]) if others else shape_of(m)
