"""Judges single numbers that were read after blocks: work that was left undone, and operands that did not stay.

Each number of C is one sum, computed here anew. It tells whether the launch did its work, and roughly in which
precision: whole products tell that better, but of one block alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flopsbench.backends.operands import STORAGES, Codes, Float64, code_dtype
from flopsbench.dtype import INT32
from flopsbench.proof.arithmetic import rounded
from flopsbench.proof.bands import ENOUGH_ELEMENTS, band
from flopsbench.proof.dealing import (
    Glances,
    Offsets,
    Spot,
    column_of_b,
    offsets_of,
    order_of,
    places_of,
    row_of_a,
    spots_of,
)
from flopsbench.proof.evidence import Evidence
from flopsbench.proof.ledger import Look, Seen
from flopsbench.proof.operands import BaseOf
from flopsbench.proof.verdict import NOTHING
from flopsbench.words.reason import Reason

MOST_SUMS = 500  # of all numbers of C that were read, so many are computed anew; all must be there
SINGLE = 12  # one number may be off by as many times the largest rms error; honest ones reach 8


class Number(NamedTuple):
    """A Number is one of C: its code, and the sum that it should be. ``changed`` is where its row of A begins in the
    base, if the row alone was changed."""

    code: np.generic
    offsets: Offsets
    row: int
    column: int
    changed: int | None = None


def complaint_of_looks(evidence: Evidence, random: np.random.Generator, base_of: BaseOf) -> Reason | None:
    """Return what is wrong with what was seen after blocks; None where all is right.

    Raise ValueError for looks at other numbers than were to be looked at.
    """
    numbers: list[Number] = []
    for seen in evidence.seen:
        _require_one_count(seen)
        offsets = offsets_of(seen.operands, evidence.bases.length)
        if seen.spots:
            numbers += _spotted(
                evidence, seen.look, spots_of(seen.spots, evidence.shape, evidence.bases.length), offsets
            )
            continue
        places = places_of(seen.look.seed, order_of(seen.order), seen.look.loops, evidence.shape)
        if not _operands_stayed(evidence, seen.look, places, offsets, base_of):
            return Reason("operands_changed")
        numbers += _looked_at(evidence, seen.look, places, offsets)
    undone = sum(bool(is_spoiled(evidence.c, np.array([number.code])).any()) for number in numbers)
    if undone:
        return Reason("left_undone", undone=undone, numbers=len(numbers))
    drawn = [numbers[place] for place in random.permutation(len(numbers))[:MOST_SUMS]]
    limits = band(evidence.a, evidence.math, evidence.c, evidence.n, evidence.k, ENOUGH_ELEMENTS) or NOTHING
    wrong = sum(not _is_right(evidence, number, base_of, SINGLE * limits.rms_high) for number in drawn)
    return Reason("older_product", wrong=wrong, numbers=len(drawn)) if wrong else None


def widened(storage: str, codes: Codes) -> Float64:
    """Return the numbers that codes of A, B or C mean."""
    return codes.astype(np.float64) if storage == INT32 else STORAGES[storage].widen(codes)


def is_spoiled(storage: str, codes: Codes) -> NDArray[np.bool_]:
    """Return which numbers of C nobody has computed: they are not finite, or the smallest integer."""
    return codes == np.iinfo(np.int32).min if storage == INT32 else ~np.isfinite(widened(storage, codes))


def scale_of(evidence: Evidence) -> float:
    """Return by what a sum of products of stored numbers is to be multiplied."""
    return 1.0 if evidence.c == INT32 else STORAGES[evidence.a].scale * STORAGES[evidence.b].scale


def _require_one_count(seen: Seen) -> None:
    """Raise ValueError where operands, order and spots are not of as many sets, or of none."""
    counts = {dealt.sets for dealt in (seen.operands, seen.order, seen.spots) if dealt}
    if len(counts) > 1 or min(counts) < 1:
        raise ValueError(f"operands, order and spots are of {' and '.join(map(str, sorted(counts)))} sets")


def _read(data: bytes, storage: str, count: int) -> Codes:
    """Return the codes that were read; raise ValueError where there are more or fewer."""
    codes = np.frombuffer(data, code_dtype(storage))
    if codes.size != count:
        raise ValueError(f"{codes.size} numbers were read where {count} were to be")
    return codes


def _looked_at(evidence: Evidence, look: Look, places: Glances, offsets: Sequence[Offsets]) -> Iterator[Number]:
    """Yield the numbers of C that were read after a block."""
    codes = _read(look.c, evidence.c, places.c.size).reshape(places.c.shape)
    for place, flat, found in zip(places.sets, places.c, codes, strict=True):
        for at, code in zip(flat.tolist(), found, strict=True):
            yield Number(code, offsets[place], at // evidence.n, at % evidence.n)


def _spotted(evidence: Evidence, look: Look, spots: Sequence[Spot], offsets: Sequence[Offsets]) -> Iterator[Number]:
    """Yield the numbers of C that were read after a pass in which a few rows of A were new."""
    codes = _read(look.c, evidence.c, sum(spot.columns.size for spot in spots)).reshape(len(spots), -1)
    for spot, found in zip(spots, codes, strict=True):
        for column, code in zip(spot.columns.tolist(), found, strict=True):
            yield Number(code, offsets[spot.place], spot.row, column, spot.offset)


def _operands_stayed(
    evidence: Evidence, look: Look, places: Glances, offsets: Sequence[Offsets], base_of: BaseOf
) -> bool:
    """Return whether A and B are after a block what they were before."""
    a, b = (np.array([offset[side] for offset in map(offsets.__getitem__, places.sets)]) for side in (0, 1))
    read = ((evidence.a, look.a, places.a, a), (evidence.b, look.b, places.b, b))
    return all(
        np.array_equal(
            _read(data, storage, flat.size).reshape(flat.shape).view(np.uint8),
            _from(base_of(storage, evidence.bases), begin[:, None] + flat).view(np.uint8),
        )
        for storage, data, flat, begin in read
    )


def _from(base: Codes, places: NDArray[np.intp]) -> Codes:
    """Return the numbers of a base at some places, wrapped around."""
    return base[places % base.size]


def _is_right(evidence: Evidence, number: Number, base_of: BaseOf, most: float) -> bool:
    """Return whether a number of C is off by at most so much, relative to the rms that such a sum has.

    The sum is rounded as C is: what is too small for C's format is 0, and no error.
    """
    shape, bases = evidence.shape, evidence.bases
    if number.changed is None:
        row = row_of_a(number.row, shape, evidence.layout) + number.offsets.a
    else:
        row = np.arange(evidence.k) + number.changed
    a = widened(evidence.a, _from(base_of(evidence.a, bases), row))
    column = column_of_b(number.column, shape, evidence.layout) + number.offsets.b
    terms = scale_of(evidence) * a * widened(evidence.b, _from(base_of(evidence.b, bases), column))
    right = rounded(np.array([fsum(terms.tolist())]), evidence.c)
    off = np.abs(widened(evidence.c, np.array([number.code])) - right)
    return bool(off[0] <= most * np.sqrt(np.sum(terms * terms)))
