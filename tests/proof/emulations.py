"""Multiplies in many arithmetics, honest ones and others, by loops of numpy: the bits do not depend on a BLAS.

An arithmetic takes A and B in fp32 or fp64 and returns C in the same format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product as pairs_of
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Multiply = Callable[[Array, Array], Array]
BF16, TF32 = 8, 11  # bits of a number, with the leading one; fp16 has as many as TF32


# --- honest


def in_order(a: Array, b: Array) -> Array:
    """One sum per element, a multiplication and an addition per k."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for p in range(a.shape[1]):
        c += a[:, p, None] * b[p]
    return c


def in_reverse(a: Array, b: Array) -> Array:
    return in_order(a[:, ::-1], b[::-1])


def fused(a: Array, b: Array) -> Array:
    """One sum per element by fused multiply-add, by way of a wider format, which hardly ever changes the rounding."""
    wider = np.float64 if a.dtype == np.float32 else np.longdouble
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for p in range(a.shape[1]):
        c = (a[:, p, None].astype(wider) * b[p] + c).astype(a.dtype)
    return c


def blocked(a: Array, b: Array, block: int = 64) -> Array:
    """Sums of blocks of k, which are added: what a library does whose operands are to fit a cache."""
    starts = range(0, a.shape[1], block)
    return total(in_order(a[:, i : i + block], b[i : i + block]) for i in starts)


def pairwise(a: Array, b: Array) -> Array:
    """Sums of halves, which are sums of halves."""
    half = a.shape[1] // 2
    return in_order(a, b) if half < 4 else pairwise(a[:, :half], b[:half]) + pairwise(a[:, half:], b[half:])


def einsum(a: Array, b: Array) -> Array:
    c: Array = np.einsum("ik,kj->ij", a, b)
    return c


def blas(a: Array, b: Array) -> Array:
    """Whatever BLAS is here; on Arm it may leave flags of sums that none of the numbers had."""
    with np.errstate(all="ignore"):
        c: Array = a @ b
    return c


# --- other arithmetics


def to_bits(values: Array, bits: int) -> Array:
    """Values rounded to so many bits, in the same dtype."""
    mantissa, exponent = np.frexp(values)
    found: Array = np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)
    return found.astype(values.dtype)


def cut(values: Array, bits: int) -> Array:
    """Values whose bits beyond so many are cut off."""
    mantissa, exponent = np.frexp(values)
    found: Array = np.ldexp(np.trunc(np.ldexp(mantissa, bits)), exponent - bits)
    return found


def fewer_bits(a: Array, b: Array, bits: int) -> Array:
    """Operands cut short, honest sums."""
    return in_order(to_bits(a, bits), to_bits(b, bits))


def parts(values: Array, bits: int, count: int) -> list[Array]:
    """Values as sums of parts of so many bits, the largest first."""
    found = []
    for _ in range(count):
        found.append(to_bits(values, bits))
        values = values - found[-1]
    return found


def by_parts(a: Array, b: Array, bits: int, count: int, most: int) -> Array:
    """Products of parts, the smallest first: of those whose places add up to at most ``most``."""
    of_a, of_b = parts(a, bits, count), parts(b, bits, count)
    places = sorted(pairs_of(range(count), repeat=2), key=sum, reverse=True)
    return total(in_order(of_a[i], of_b[j]) for i, j in places if i + j <= most)


def total(matrices: Iterable[Array]) -> Array:
    first, *others = matrices
    for other in others:
        first = first + other
    return first


def strassen(a: Array, b: Array) -> Array:
    """One level of Strassen's seven products of quarters."""
    (a11, a12), (a21, a22) = quarters(a)
    (b11, b12), (b21, b22) = quarters(b)
    m1, m2 = in_order(a11 + a22, b11 + b22), in_order(a21 + a22, b11)
    m3, m4 = in_order(a11, b12 - b22), in_order(a22, b21 - b11)
    m5, m6, m7 = in_order(a11 + a12, b22), in_order(a21 - a11, b11 + b12), in_order(a12 - a22, b21 + b22)
    return np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])


def quarters(matrix: Array) -> list[list[Array]]:
    return [np.hsplit(half, 2) for half in np.vsplit(matrix, 2)]


def ozaki(a: Array, b: Array, slices: int) -> Array:
    """fp64 by integers of eight bits: one scale per row of A and column of B, so many slices of 7 bits, exact sums."""
    (of_a, scale_a), (of_b, scale_b) = sliced(a, slices), sliced(b.T, slices)
    places = sorted(pairs_of(range(slices), repeat=2), key=sum, reverse=True)
    # float64 holds the sums of k products of 7 bits each exactly, in whatever order they are added
    c = total(np.ldexp(einsum(of_a[i], of_b[j].T), -7 * (i + j + 2)) for i, j in places if i + j < slices)
    found: Array = np.ldexp(c, scale_a + scale_b.T)
    return found


def sliced(values: Array, slices: int) -> tuple[list[Array], Array]:
    """Integers of 7 bits and a sign, and the exponent of each row."""
    exponents = np.frexp(np.abs(values).max(axis=1, keepdims=True))[1]
    rest, found = np.ldexp(values, 7 - exponents), []
    for _ in range(slices):
        found.append(np.trunc(rest))
        rest = np.ldexp(rest - found[-1], 7)
    return found, exponents


def in_fp32(a: Array, b: Array) -> Array:
    """fp64 by fp32."""
    return in_order(a.astype(np.float32), b.astype(np.float32)).astype(np.float64)


def rounded_after(a: Array, b: Array, bits: int) -> Array:
    """Honest products, whose sums lose their last bits."""
    return to_bits(in_order(a, b), bits)


HONEST: dict[str, Multiply] = {
    "in order": in_order,
    "in reverse": in_reverse,
    "fused": fused,
    "blocked": blocked,
    "pairwise": pairwise,
    "einsum": einsum,
    "BLAS": blas,
}
OTHERS_FP32: dict[str, Multiply] = {
    "bf16": partial(fewer_bits, bits=BF16),
    "tf32": partial(fewer_bits, bits=TF32),
    "bf16x2, 3 products": partial(by_parts, bits=BF16, count=2, most=1),
    "bf16x2, 4 products": partial(by_parts, bits=BF16, count=2, most=2),
    "17 bits": partial(fewer_bits, bits=17),
    "19 bits": partial(fewer_bits, bits=19),
    "21 bits": partial(fewer_bits, bits=21),
    "22 bits": partial(fewer_bits, bits=22),
    "23 bits": partial(fewer_bits, bits=23),
    "tf32x3": partial(by_parts, bits=TF32, count=2, most=1),
    "bf16x3, 6 products": partial(by_parts, bits=BF16, count=3, most=2),
    "bf16x3, 9 products": partial(by_parts, bits=BF16, count=3, most=4),
    "Strassen": strassen,
}
OTHERS_FP64: dict[str, Multiply] = {
    "fp32": in_fp32,
    "42 bits": partial(fewer_bits, bits=42),
    "48 bits": partial(fewer_bits, bits=48),
    "51 bits": partial(fewer_bits, bits=51),
    "52 bits": partial(fewer_bits, bits=52),
    "C of 48 bits": partial(rounded_after, bits=48),
    "Ozaki, 7 slices": partial(ozaki, slices=7),
    "Ozaki, 8 slices": partial(ozaki, slices=8),
    "Ozaki, 9 slices": partial(ozaki, slices=9),
    "Ozaki, 10 slices": partial(ozaki, slices=10),
    "Strassen": strassen,
}
