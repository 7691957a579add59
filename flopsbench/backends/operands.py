"""Draws the numbers of A and B from a seed: the same bits for whoever multiplies them and for whoever judges C.

A run draws one base of N(0,1) per storage format; each matrix is the base from an offset on, wrapped around, which
costs two copies and no random number. What numpy has no dtype for is kept as its bit pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.dtype import INT8_MOST, INT8_STEPS, INT32

Codes = NDArray[Any]
Float64 = NDArray[np.float64]

QUANTILES = 1 << 16  # as many as there are numbers of 16 bits
LARGEST_QUANTILE = NormalDist().inv_cdf(1 - 0.5 / QUANTILES)
E4M3_MOST, E5M2_MOST = 448.0, 57344.0
CHUNK = 1 << 20  # numbers drawn at once: their indices, eight bytes each, stay in the cache


@dataclass(frozen=True, slots=True)
class Storage:
    """A Storage is one format of numbers in memory.

    ``code`` is the dtype in which numpy keeps it, ``scale`` what a stored value is to be multiplied by to be N(0,1)
    again: a kernel of FP8 does that, one of integers leaves it. ``narrow`` rounds float64 to the nearest code, ties to
    even; beyond the largest finite number lies infinity, for fp8_e4m3 NaN, for int8 nothing. ``widen`` returns the
    float64 that equal the codes.
    """

    name: str
    code: np.dtype[Any]
    narrow: Callable[[Float64], Codes]
    widen: Callable[[Codes], Float64]
    scale: float = 1.0


def _astype(values: Codes, dtype: type[np.generic]) -> Codes:
    """Return values in another dtype of numpy, rounded to nearest, ties to even."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinity and NaN are meant
        converted: Codes = values.astype(dtype)
    return converted


def _float_codes(values: Float64, code: type[np.generic], exponent_bits: int, mantissa_bits: int, most: int) -> Codes:
    """Return the codes of the nearest numbers, ties to even: sign, exponent, mantissa; ``most`` is the largest finite.

    In the binade of 2^e the numbers are 2^(e - mantissa_bits) apart. Counted in such steps, a number is its code less
    the codes of the binades below, and one that is rounded up to the next binade gets the next code, too.
    """
    magnitude = np.abs(values)
    lowest = 2 - (1 << exponent_bits - 1)  # the binade of the smallest normal numbers; subnormal ones share its step
    binade = np.where(magnitude > 0, np.maximum(np.frexp(magnitude)[1] - 1, lowest), lowest)
    steps = np.rint(np.ldexp(magnitude, mantissa_bits - binade))
    codes = np.minimum(steps + (binade - lowest) * (1 << mantissa_bits), most + 1).astype(np.uint16)
    signs = np.signbit(values).astype(np.uint16) << (exponent_bits + mantissa_bits)
    return _astype(codes | signs, code)


def _int8(values: Float64) -> Codes:
    """Return the nearest integers, ties to even, at most 127 in magnitude."""
    return np.rint(values).clip(-INT8_MOST, INT8_MOST).astype(np.int8)


def _from_bf16(codes: Codes) -> Float64:
    """Return bf16 as float64: it is the upper half of a float32."""
    return _astype((codes.astype(np.uint32) << 16).view(np.float32), np.float64)


def _from_table(codes: Codes, table: Float64) -> Float64:
    """Return the values of codes of eight bits."""
    return table[codes]


def _of_every_e5m2() -> Float64:
    """Return the values of the 256 codes of fp8_e5m2: it is the upper half of a float16."""
    return _astype((np.arange(256, dtype=np.uint16) << 8).view(np.float16), np.float64)


def _of_every_e4m3() -> Float64:
    """Return the values of the 256 codes of fp8_e4m3: bits of a float16 whose exponent begins 8 below."""
    codes = np.arange(256, dtype=np.uint16)
    values = _astype(((codes & 0x80) << 8 | (codes & 0x7F) << 7).view(np.float16), np.float64) * (1 << 8)
    values[[0x7F, 0xFF]] = np.nan
    return values


def _fp8_scale(most: float) -> float:
    """Return the scale by which the largest quantile is stored as the largest number, exact in float32."""
    return float(np.float32(LARGEST_QUANTILE / most))


_to_bf16 = partial(_float_codes, code=np.uint16, exponent_bits=8, mantissa_bits=7, most=0x7F7F)
_to_e4m3 = partial(_float_codes, code=np.uint8, exponent_bits=4, mantissa_bits=3, most=0x7E)
_to_e5m2 = partial(_float_codes, code=np.uint8, exponent_bits=5, mantissa_bits=2, most=0x7B)
_from_e4m3 = partial(_from_table, table=_of_every_e4m3())
_from_e5m2 = partial(_from_table, table=_of_every_e5m2())
_float64, _float32, _float16 = (partial(_astype, dtype=dtype) for dtype in (np.float64, np.float32, np.float16))

STORAGES: Mapping[str, Storage] = {
    storage.name: storage
    for storage in (
        Storage("fp64", np.dtype(np.float64), _float64, _float64),
        Storage("fp32", np.dtype(np.float32), _float32, _float64),
        Storage("bf16", np.dtype(np.uint16), _to_bf16, _from_bf16),
        Storage("fp16", np.dtype(np.float16), _float16, _float64),
        Storage("fp8_e4m3", np.dtype(np.uint8), _to_e4m3, _from_e4m3, _fp8_scale(E4M3_MOST)),
        Storage("fp8_e5m2", np.dtype(np.uint8), _to_e5m2, _from_e5m2, _fp8_scale(E5M2_MOST)),
        Storage("int8", np.dtype(np.int8), _int8, _float64, 1 / INT8_STEPS),
    )
}
DRAWN_WIDE = ("fp64", "fp32")  # numpy's generator draws them itself; the others are looked up among the quantiles


def code_dtype(storage: str) -> np.dtype[Any]:
    """Return the dtype in which numpy keeps the codes of a storage format, the sums of int8 included."""
    return np.dtype(np.int32) if storage == INT32 else STORAGES[storage].code


def draw_base(name: str, seed: int, length: int) -> Codes:
    """Return so many codes of N(0,1) in a storage format, from the seed alone."""
    return draw_codes(STORAGES[name], np.random.Generator(np.random.PCG64(seed)), length)


def draw_codes(storage: Storage, random: np.random.Generator, length: int) -> Codes:
    """Draw so many codes of N(0,1), divided by the scale of the storage."""
    codes = np.empty(length, storage.code)
    if storage.name in DRAWN_WIDE:
        random.standard_normal(dtype=storage.code.type, out=codes)
        return codes
    table = quantile_codes(storage.name)
    for start in range(0, length, CHUNK):
        part = codes[start : start + CHUNK]
        part[:] = table[random.integers(0, QUANTILES, part.size, dtype=np.uint16)]
    return codes


@cache
def quantiles() -> Float64:
    """Return the quantiles (i + 1/2) / 65,536 of N(0,1), ascending; their mean is exactly 0.

    They are numbers of float32, so that whoever rounds by way of float32, as torch does, rounds them alike.
    """
    normal = NormalDist()
    upper = [normal.inv_cdf((i + 0.5) / QUANTILES) for i in range(QUANTILES // 2, QUANTILES)]
    rounded = np.array(upper, np.float32).astype(np.float64)
    return np.concatenate([-rounded[::-1], rounded])


@cache
def quantile_codes(name: str) -> Codes:
    """Return the quantiles of N(0,1) as a narrow format stores them."""
    storage = STORAGES[name]
    return storage.narrow(quantiles() / storage.scale)


def fill(out: Codes, base: Codes, offset: int) -> None:
    """Overwrite an array, in the order of its memory, with the base from an offset on, wrapped around.

    Raise ValueError for an array that is not contiguous, of another dtype or longer than the base.
    """
    if not out.flags.forc or out.dtype != base.dtype or out.size > base.size:
        raise ValueError("only a contiguous array of the base's dtype, no longer than the base, can be filled from it")
    flat = out.reshape(-1, order="A")
    for into, part in wrapped(flat.size, base.size, offset):
        flat[into] = base[part]


def wrapped(size: int, base_size: int, offset: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return which part of an array is which part of the base, twice: up to the base's end, and from its beginning on.

    Raise ValueError for an array that is longer than the base.
    """
    if size > base_size:
        raise ValueError("only an array no longer than the base can be filled from it")
    start = offset % base_size
    cut = min(size, base_size - start)
    return (slice(0, cut), slice(start, start + cut)), (slice(cut, size), slice(0, size - cut))
