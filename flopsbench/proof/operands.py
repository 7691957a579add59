"""Makes A and B of a product from its evidence: the process with the kernel and the judge get the same bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from flopsbench.backends.operands import Codes, draw_base, fill
from flopsbench.proof.arithmetic import Planted, draw_exponents, draw_planted, plant, scale_along_k
from flopsbench.proof.bands import PLANTED_ROWS
from flopsbench.proof.evidence import Bases, Evidence, Product

BaseOf = Callable[[str, Bases], Codes]  # by the name of the storage format


def drawn_base(storage: str, bases: Bases) -> Codes:
    """Return the base of a storage format, freshly drawn: whoever needs it more than once keeps it."""
    return draw_base(storage, bases.seed, bases.length)


def operands_of(evidence: Evidence, product: Product, base_of: BaseOf) -> tuple[Codes, Codes]:
    """Return A (m x k) and B (k x n) of a product as codes that nobody else holds, in the layout's order of memory.

    Raise ValueError where the formats cannot be scaled.
    """
    base_a, base_b = (base_of(storage, evidence.bases) for storage in (evidence.a, evidence.b))
    a = _filled(base_a, product.a_offset, evidence.m, evidence.k, transposed=evidence.layout == "tn")
    b = _filled(base_b, product.b_offset, evidence.k, evidence.n, transposed=evidence.layout == "nt")
    if planted := planted_of(evidence, product):
        plant(a, planted)
    if product.scaled is not None:
        scale_along_k(a, b, draw_exponents(np.random.default_rng(product.scaled), evidence.k))
    return a, b


def _filled(base: Codes, offset: int, rows: int, columns: int, transposed: bool) -> Codes:
    """Return a matrix that is filled from its base in the order of its memory."""
    matrix = np.empty((rows, columns), base.dtype, order="F" if transposed else "C")
    fill(matrix, base, offset)
    return matrix


def planted_of(evidence: Evidence, product: Product) -> Planted | None:
    """Return the rows of A that hold one number each; None where none does."""
    if product.planted is None:
        return None
    random, count = np.random.default_rng(product.planted), min(PLANTED_ROWS, evidence.m)
    return draw_planted(random, evidence.a, evidence.m, evidence.k, count)
