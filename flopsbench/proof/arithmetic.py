"""Tells in which arithmetic a product was computed, by three signs; dense products alone do not tell.

1. Dense rows of N(0,1): the rms error lies in a band. Sums in order err by 0.31·sqrt(k)·u (J. H. Wilkinson's random
   walk: each of k roundings is a share of a partial sum), which is as much as operands short of some bits do.
2. Planted rows of A, one number and zeros beside it: C is one product, which every honest arithmetic rounds once.
   Operands short of bits or split into too few parts lose more, and sums of other elements (V. Strassen, "Gaussian
   elimination is not optimal", Numer. Math. 13, 1969) lose everything.
3. Powers of two along k, column p of A times 2^s and row p of B times 2^-s: no product changes, so no IEEE result does.
   Slices that share one scale per row (K. Ozaki et al., "Error-free transformations of matrix multiplication", Numer.
   Algorithms 59, 2012) no longer hold the small numbers, and leave the band of dense rows.

What no sign tells from fp32 is fp32 by three bf16 parts, which errs no more than fp32 does, only its range is smaller.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flopsbench.backends.operands import STORAGES, Codes, Float64, draw_codes
from flopsbench.proof.bands import ROUNDOFF
from flopsbench.proof.exact import two_product

ONE_ROUNDING = 1.01  # of u, per element of a planted row
MOST_EXPONENT = 12

Indices = NDArray[np.intp]
Truths = NDArray[np.bool_]


class Planted(NamedTuple):
    """Planted are rows of A that hold one number each: which rows, where in the row, and its code."""

    rows: Indices
    places: Indices
    codes: Codes


def draw_planted(random: np.random.Generator, storage: str, m: int, k: int, count: int) -> Planted:
    """Draw so many of m rows, a place among k for each, and a number of N(0,1) in the storage format, never 0."""
    codes = draw_codes(STORAGES[storage], random, count)
    while (zero := STORAGES[storage].widen(codes) == 0).any():
        codes[zero] = draw_codes(STORAGES[storage], random, int(zero.sum()))
    return Planted(random.choice(m, count, replace=False), random.integers(0, k, count), codes)


def plant(a: Codes, planted: Planted) -> None:
    """Overwrite the planted rows of A (m x k): one number each, zeros beside it."""
    a[planted.rows] = 0
    a[planted.rows, planted.places] = planted.codes


def wrong_in_planted(c: Float64, numbers: Float64, b: Float64, storage: str, output: str, scale: float = 1.0) -> Truths:
    """Return which elements of the planted rows of C are no product of the planted numbers and their rows of B.

    ``c`` and ``b`` hold one row per number, widened; ``storage`` is the format of A, ``output`` that of C. fp32 and
    fp64 may err by one rounding; else C is to be the exact product, times ``scale`` where FP8 has one, rounded to C.
    A kernel that scales in float32 rounds once or twice before: by the scales of the storages, no product of two FP8
    numbers lies so near the middle between two numbers of bf16 or fp16 that this could matter.
    """
    exact = two_product(numbers[:, None], b)
    if storage == output and output in ROUNDOFF:
        right = np.abs(exact.error_of(c)) <= ONE_ROUNDING * ROUNDOFF[output] * np.abs(exact.value)
    else:
        right = c == rounded(scale * exact.value, output)
    return ~(right & np.isfinite(c))


def rounded(values: Float64, output: str) -> Float64:
    """Return values rounded to the format of C; integers, whose sums are exact, as they are."""
    if output == "int32":
        return values
    storage = STORAGES[output]
    return storage.widen(storage.narrow(values))


def can_scale(a: str) -> bool:
    """Return whether numbers of the format may be scaled along k: narrow ones become subnormal, or overflow."""
    return a in ROUNDOFF


def draw_exponents(random: np.random.Generator, k: int) -> Indices:
    """Draw an exponent of two for each of k columns of A, from -12 to 12."""
    return random.integers(-MOST_EXPONENT, MOST_EXPONENT + 1, k)


def scale_along_k(a: NDArray[Any], b: NDArray[Any], exponents: Indices) -> None:
    """Overwrite A (m x k) and B (k x n): column p of A times 2^s, row p of B times 2^-s, exactly.

    Raise ValueError where a number might become subnormal or overflow, and leave both as they are.
    """
    if not (_may_be_scaled(a) and _may_be_scaled(b)):
        raise ValueError("only normal fp32 or fp64, far from the ends of its range, is scaled without error")
    factors = np.ldexp(np.ones(exponents.size, a.dtype), exponents)
    a *= factors
    b *= (1 / factors)[:, None]


def _may_be_scaled(matrix: NDArray[Any]) -> bool:
    """Return whether every number but 0 stays a normal one, times 2^12 and times 2^-12."""
    if matrix.dtype not in (np.float32, np.float64):
        return False
    sizes, limits = np.abs(matrix[matrix != 0]), np.finfo(matrix.dtype)
    room = 2.0**MOST_EXPONENT
    return bool((sizes >= limits.tiny * room).all() and (sizes <= limits.max / room).all())
