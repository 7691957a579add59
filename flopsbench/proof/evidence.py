"""Defines what the judge is told: how A and B are made again, and where C lies. It loads no array library.

Whoever measures says it, and has not seen C; the process with the kernel says nothing to the judge but C itself.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from flopsbench.dtype import DTYPES, INT32
from flopsbench.problem import Layout, Shape
from flopsbench.proof.ledger import Ledger, Seen

_OPERAND_BYTES = {name: dtype.operand_bytes for name, dtype in DTYPES.items() if name != "tf32"}  # which stores fp32
_PRODUCT_BYTES = {**_OPERAND_BYTES, INT32: DTYPES["int8"].output_bytes}


class Bases(msgspec.Struct, frozen=True):
    """Bases are the numbers of a run: for each storage format so many codes of N(0,1), all drawn from one seed."""

    seed: int
    length: int


SPARE = 8  # a base is longer than an operand by one part in so many, or by one: else all operands had the same sum


def base_length(m: int, n: int, k: int) -> int:
    """Return how many numbers the bases of a problem have."""
    longest = k * max(m, n)
    return longest + max(longest // SPARE, 1)


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Prepare asks the judge to draw the bases of some storage formats ahead of need. It is not answered."""

    storages: list[str]
    bases: Bases


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A Product is one C that a kernel has computed: where it lies, and of which A and B.

    ``at`` is the first byte of C, row-major, in the shared memory. A and B, in the order of their memory, are the bases
    from their offsets on. ``planted`` is the seed of rows of A that hold one number each, ``scaled`` that of the powers
    of two along k; a dense product has neither.
    """

    at: int
    a_offset: int
    b_offset: int
    planted: int | None = None
    scaled: int | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence is all that a proof of C = A·B needs: C is m x n, and there may be several, the first of them dense.

    ``a``, ``b`` and ``c`` are storage formats; ``math`` and ``accumulate`` say what ran, as a backend does. ``seen`` is
    what single numbers were after blocks.
    """

    m: int
    n: int
    k: int
    layout: Layout
    a: str
    b: str
    c: str
    math: str
    accumulate: str
    bases: Bases
    products: list[Product] = []
    seen: list[Seen] = []

    @property
    def shape(self) -> Shape:
        """Return m, n and k."""
        return self.m, self.n, self.k


class Claim(msgspec.Struct, frozen=True, tag=True):
    """A Claim is what a process measured; its products and looks follow from the ledger of what it was dealt.

    Without a ledger the evidence names its products itself.
    """

    evidence: Evidence
    ledger: Ledger | None = None


def product_bytes(evidence: Evidence) -> int:
    """Return how many bytes one C takes."""
    return evidence.m * evidence.n * _PRODUCT_BYTES[evidence.c]


def require_sense(evidence: Evidence, memory_bytes: int) -> None:
    """Raise ValueError for evidence of nothing, of formats that nobody knows, or that lies outside of the memory."""
    if min(evidence.shape) < 1:
        raise ValueError(f"a product of {evidence.shape} has no elements")
    if evidence.layout not in get_args(Layout):
        raise ValueError(f"there is no layout {evidence.layout}")
    if not ({evidence.a, evidence.b} <= _OPERAND_BYTES.keys() and evidence.c in _PRODUCT_BYTES):
        raise ValueError(f"one of {evidence.a}, {evidence.b} and {evidence.c} is no storage format")
    if evidence.bases.length < evidence.k * max(evidence.m, evidence.n):
        raise ValueError(f"bases of {evidence.bases.length} numbers are shorter than an operand")
    if not evidence.products or not _is_dense(evidence.products[0]):
        raise ValueError("the first product must be a dense one")
    for product in evidence.products:
        _require_place(product, evidence, memory_bytes)


def _is_dense(product: Product) -> bool:
    """Return whether A and B are what was drawn, and nothing else."""
    return product.planted is None and product.scaled is None


def _require_place(product: Product, evidence: Evidence, memory_bytes: int) -> None:
    """Raise ValueError where C does not lie in the memory, or an operand does not begin in its base."""
    if not 0 <= product.at <= memory_bytes - product_bytes(evidence):
        raise ValueError(f"a C at byte {product.at} does not lie in a memory of {memory_bytes} bytes")
    for offset in (product.a_offset, product.b_offset):
        if not 0 <= offset < evidence.bases.length:
            raise ValueError(f"no operand begins at {offset} of {evidence.bases.length} numbers")
