"""Draws from the seeds of a ledger: offsets of operands, orders of launches, choices of products, places to look at.

The process with the kernel and the judge call the same functions, so that nothing has to be told between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from flopsbench.problem import Shape
from flopsbench.proof.arithmetic import Indices, can_scale
from flopsbench.proof.bands import can_plant
from flopsbench.proof.evidence import Evidence, Product, product_bytes
from flopsbench.proof.ledger import SEED_BITS, Chosen, Dealt, Ledger

PASSES = 16  # permutations that are drawn before a block; one that takes more begins with the first again
LAST, OTHERS = 8, 8  # launches of a block that are looked at: what is left undone is left at its end, or anywhere
LOOKED_C, LOOKED_OPERAND = 4, 2  # numbers of each C, and of each A and B
SPOT_SHARE, MOST_SPOTS, SPOT_COLUMNS = 4, 32, 4  # one set in four is changed, and looked at in four places


class Offsets(NamedTuple):
    """Offsets say from where in the base A and B of one set are filled."""

    a: int
    b: int


def offsets_of(operands: Dealt, length: int) -> list[Offsets]:
    """Draw where in bases of ``length`` numbers A and B of each set begin; those of one set never begin alike."""
    drawn = np.random.default_rng(operands.seed).integers(0, length, (operands.sets, 2)).tolist()
    return [Offsets(a, b if b != a else (a + 1) % length) for a, b in drawn]


def order_of(order: Dealt) -> list[int]:
    """Draw the order in which sets are launched: some permutations, after which the first comes again."""
    draw = np.random.default_rng(order.seed)
    return [place for _ in range(PASSES) for place in draw.permutation(order.sets).tolist()]


def launched(order: Sequence[int], loops: int) -> list[int]:
    """Return which sets the first ``loops`` launches of an order used, each once."""
    return list(dict.fromkeys(order[: max(loops, 1)]))


def choice_of(choice: Dealt, places: Sequence[int]) -> int:
    """Draw which of the sets of a block is handed over."""
    return int(np.random.default_rng(choice.seed).choice(places))


def kinds_for(math: str, storage: str) -> list[str]:
    """Return the kinds of products that tell an arithmetic: rows of one number, and powers of two along k."""
    return [kind for kind, tells in (("planted", can_plant(math)), ("scaled", can_scale(storage))) if tells]


def kinds_of(dealt: Dealt, kinds: Sequence[str]) -> dict[int, dict[str, int]]:
    """Draw which sets of a pass are of which kind, and the seed of each: by the set's place, as a Product names it."""
    draw = np.random.default_rng(dealt.seed)
    places = draw.choice(dealt.sets, len(kinds), replace=False).tolist()
    return {place: {kind: int(draw.integers(2**SEED_BITS))} for place, kind in zip(places, kinds, strict=True)}


class Glances(NamedTuple):
    """Glances are what is looked at after a block: sets, and for each some numbers of A, B and C in memory's order."""

    sets: list[int]
    a: Indices
    b: Indices
    c: Indices


def places_of(seed: int, order: Sequence[int], loops: int, shape: Shape) -> Glances:
    """Draw what is looked at after ``loops`` launches: the last ones, the very last first, and others of the block."""
    draw, (m, n, k) = np.random.default_rng(seed), shape
    last = range(loops - 1, max(loops - LAST, 0) - 1, -1)
    others = draw.integers(0, loops, OTHERS).tolist()
    sets = [order[launch % len(order)] for launch in (*last, *others)]
    sizes = ((m * k, LOOKED_OPERAND), (k * n, LOOKED_OPERAND), (m * n, LOOKED_C))
    return Glances(sets, *(draw.integers(0, size, (len(sets), numbers)) for size, numbers in sizes))


class Spot(NamedTuple):
    """A Spot is a change of one set: its row of A becomes the base from an offset on, its numbers of C are spoiled."""

    place: int
    row: int
    offset: int
    columns: Indices


def spots_of(spots: Dealt, shape: Shape, length: int) -> list[Spot]:
    """Draw the changes before a pass over all sets, in some of them."""
    draw, (m, n, _) = np.random.default_rng(spots.seed), shape
    count = min(MOST_SPOTS, -(-spots.sets // SPOT_SHARE))
    places = draw.choice(spots.sets, count, replace=False).tolist()
    return [
        Spot(place, int(draw.integers(m)), int(draw.integers(length)), draw.integers(0, n, SPOT_COLUMNS))
        for place in places
    ]


def row_of_a(row: int, shape: Shape, layout: str) -> Indices:
    """Return where in the memory of A (m x k) the numbers of a row lie."""
    m, _, k = shape
    along_k = np.arange(k)
    return along_k * m + row if layout == "tn" else row * k + along_k


def column_of_b(column: int, shape: Shape, layout: str) -> Indices:
    """Return where in the memory of B (k x n) the numbers of a column lie."""
    _, n, k = shape
    along_k: NDArray[np.intp] = np.arange(k)
    return column * k + along_k if layout == "nt" else along_k * n + column


def with_products(evidence: Evidence, ledger: Ledger) -> Evidence:
    """Return the evidence with what the ledger says was handed over, one C behind the other: first that of a block.

    Raise ValueError where a product is missing that every case hands over.
    """
    if ledger.chosen is None:
        raise ValueError("no product of a timed block was handed over")
    products = [_of_block(ledger.chosen, evidence.bases.length)]
    kinds = kinds_for(evidence.math, evidence.a)
    for apart in ledger.apart:
        offsets = offsets_of(apart.operands, evidence.bases.length)
        now, kinds = kinds[: apart.kinds.sets], kinds[apart.kinds.sets :]
        for place, seed in kinds_of(apart.kinds, now).items():
            products.append(_product(offsets[place], **seed))
    if kinds:
        raise ValueError(f"no product was handed over that is {' or '.join(kinds)}")
    size = product_bytes(evidence)
    placed = [replace(product, at=index * size) for index, product in enumerate(products)]
    return replace(evidence, products=placed, seen=ledger.seen)


def _of_block(chosen: Chosen, length: int) -> Product:
    """Return the product of a block that was chosen."""
    place = choice_of(chosen.choice, launched(order_of(chosen.order), chosen.loops))
    return _product(offsets_of(chosen.operands, length)[place])


def _product(offsets: Offsets, **seed: int) -> Product:
    """Return a product of operands that begin there; where it lies is said later."""
    return Product(at=0, a_offset=offsets.a, b_offset=offsets.b, **seed)
