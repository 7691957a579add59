"""Describes the work to be timed: one GEMM of a shape, a dtype and a layout, and the data it runs on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from flopsbench.dtype import DType
from flopsbench.errors import Unsupported, UsageError
from flopsbench.units import gibibytes
from flopsbench.words.reason import Reason

Layout = Literal["nn", "nt", "tn"]

LARGEST_DIMENSION = 1_000_000
MOST_SETS = 256  # of tiny problems: more would take longer to draw than they take to multiply
ROOM_FOR_PROOF = 1.25  # the proof converts operands in slices beside the set itself


@dataclass(frozen=True, slots=True)
class Problem:
    """A Problem is the product C = A·B with A of m x k, B of k x n, C of m x n elements.

    ``layout`` says how A and B lie in memory: "nn" both row-major, "nt" B stored as n x k, "tn" A stored as k x m.
    ``seed`` fixes the operands: N(0,1), or round(32·N(0,1)) clipped to ±127 for int8.
    """

    m: int
    n: int
    k: int
    dtype: DType
    layout: Layout = "nn"
    seed: int = 0

    @property
    def flop(self) -> int:
        """Return the operations of one launch: 2·m·n·k, whichever algorithm computes it."""
        return 2 * self.m * self.n * self.k

    @property
    def bytes(self) -> int:
        """Return the memory of one set of operands A, B, C, in bytes."""
        operands = (self.m * self.k + self.k * self.n) * self.dtype.operand_bytes
        return operands + self.m * self.n * self.dtype.output_bytes

    @property
    def widened_bytes(self) -> int:
        """Return the memory of the float32 copies that the proof fetches, in bytes: numpy has no narrow floats."""
        elements = self.m * self.k + self.k * self.n + self.m * self.n
        return 4 * elements if self.dtype.operand_bytes < 4 else 0

    @property
    def shape(self) -> str:
        """Return the shape as ``--size`` takes it, "MxNxK"."""
        return f"{self.m}x{self.n}x{self.k}"

    def resized(self, m: int, n: int, k: int) -> Problem:
        """Return this problem at another shape."""
        return replace(self, m=m, n=n, k=k)


def operand_sets(problem: Problem, cache_bytes: int, free_bytes: int) -> int:
    """Return how many sets of operands to rotate, so that no launch finds its data in cache.

    The sets fill twice the last-level cache, are 2 to MOST_SETS, and take at most a quarter of the free memory. Raise
    Unsupported, before anything is allocated, when not even one set fits with room for the proof.
    """
    needed_bytes = ROOM_FOR_PROOF * (problem.bytes + problem.widened_bytes)
    if needed_bytes > free_bytes:
        raise Unsupported(Reason("too_little_memory", needed=gibibytes(needed_bytes), free=gibibytes(free_bytes)))
    wanted = min(MOST_SETS, max(2, -(-2 * cache_bytes // problem.bytes)))
    affordable = free_bytes // 4 // problem.bytes
    return max(1, min(wanted, affordable))


def parse_sizes(text: str) -> list[tuple[int, int, int]]:
    """Return the shapes (m, n, k) of a ``--size``: "2048", "1024,4096" or "4096x4096x1024".

    Raise UsageError for anything else.
    """
    return [_parse_shape(part.strip()) for part in text.split(",")]


def _parse_shape(text: str) -> tuple[int, int, int]:
    """Return m, n and k of one shape; raise UsageError for a text that is none."""
    match = re.fullmatch(r"([0-9]{1,18})(?:x([0-9]{1,18})x([0-9]{1,18}))?", text.lower())
    if match is None:
        raise UsageError(f"size {text!r} is neither N nor MxNxK, for example 2048 or 4096x4096x1024")
    m = int(match[1])
    shape = (m, int(match[2] or m), int(match[3] or m))
    if min(shape) < 1 or max(shape) > LARGEST_DIMENSION:
        raise UsageError(f"size {text!r}: every dimension must lie between 1 and {LARGEST_DIMENSION}")
    return shape
