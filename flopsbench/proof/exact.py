"""Computes rows times columns in twice the precision of float64: a judge is to be more precise than what it judges.

Dot2 of T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005): each
product and each sum comes with its rounding error, and the errors are summed beside. With u = 2^-53 the result of
k products errs by at most (k·u)^2·|a|·|b|, where float64 alone errs by k·u·|a|·|b|. It needs no fused multiply-add, no
BLAS and no wider type, whose precision differs between machines.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

SPLITTER = 134217729.0  # 2^27 + 1
SPLITTABLE = 2.0**996  # larger numbers overflow when they are multiplied by the splitter
SUMMABLE = 2.0**1022


class Exact(NamedTuple):
    """Exact is a product as the unevaluated sum of two float64: the rounded value, and what rounding lost."""

    value: Float64
    correction: Float64

    def error_of(self, c: Float64) -> Float64:
        """Return c less the product; the rounding errors of this subtraction are those of its small result."""
        return (c - self.value) - self.correction


def split(values: Float64) -> tuple[Float64, Float64]:
    """Return float64 as sums of two numbers of 26 bits, whose products are exact (T. J. Dekker, G. W. Veltkamp)."""
    scaled = SPLITTER * values
    high = scaled - (scaled - values)
    return high, values - high


def two_product(a: Float64, b: Float64) -> Exact:
    """Return a·b, element by element, without error; raise ValueError for numbers too large, NaN among them.

    It is exact where no product but 0 is below 2^-968: the error of a smaller one may be too small for float64.
    """
    _require_room(a, b, 1)
    value = a * b
    (a_high, a_low), (b_high, b_low) = split(a), split(b)
    error = ((a_high * b_high - value) + a_high * b_low + a_low * b_high) + a_low * b_low
    return Exact(value, error)


def dot2(rows: Float64, columns: Float64) -> Exact:
    """Return rows (r x k) times columns (k x c); raise ValueError for numbers too large, NaN among them.

    All r x c sums advance together, one k at a time, in buffers that are made once.
    """
    k = rows.shape[1]
    _require_room(rows, columns, k)
    row_parts = [part.T[:, :, None] for part in (rows, *split(rows))]
    column_parts = [part[:, None, :] for part in (columns, *split(columns))]
    value, correction, multiplied, error, total, part = np.zeros((6, rows.shape[0], columns.shape[1]))
    for p in range(k):
        a, a_high, a_low = (part_of[p] for part_of in row_parts)
        b, b_high, b_low = (part_of[p] for part_of in column_parts)
        np.multiply(a, b, out=multiplied)
        np.multiply(a_high, b_high, out=error)
        error -= multiplied
        for x, y in ((a_high, b_low), (a_low, b_high), (a_low, b_low)):
            error += np.multiply(x, y, out=part)
        correction += error
        np.add(value, multiplied, out=total)  # TwoSum (D. E. Knuth): what the sum lost of either summand
        np.subtract(total, value, out=part)
        multiplied -= part
        np.subtract(total, part, out=part)
        value -= part
        value += multiplied
        correction += value
        value, total = total, value
    return Exact(value, correction)


def _require_room(a: Float64, b: Float64, terms: int) -> None:
    """Raise ValueError where splitting, multiplying or adding may overflow, or an operand is no finite number."""
    largest_a, largest_b = (float(np.abs(values).max(initial=0)) for values in (a, b))
    if not (largest_a <= SPLITTABLE and largest_b <= SPLITTABLE and largest_a * largest_b * max(terms, 1) <= SUMMABLE):
        raise ValueError(f"numbers up to {largest_a} and {largest_b} cannot be multiplied without error: scale them")
