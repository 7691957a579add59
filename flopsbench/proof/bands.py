"""States how far a right product errs in each arithmetic: the error bands of the proof. It loads no array library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from flopsbench.dtype import mode_of

FEWEST_FOR_BAND = 128  # the rms error of fewer elements scatters more than the bands are wide
ENOUGH_ELEMENTS = (
    512  # of a product that version 2 judges by the band; the error of fewer is held to the residual alone
)
PLANTED_ROWS = 8  # of one judged product, as many as there are where A has fewer: its other rows are the dense ones
FEWEST_TERMS = 8  # sums of fewer products of N(0,1) are not yet normally distributed, and their rms scatters likewise


@dataclass(frozen=True, slots=True)
class Band:
    """A Band states the largest residual of a right product, and the range its rms error must lie in.

    ``source`` says where the figures come from. Both are as proof.judge finds them, without unit.
    """

    residual: float
    rms_low: float
    rms_high: float
    source: str


MEASURED = "right and wrong products of N(0,1), n up to 2048, on a Zen 4 CPU"
UNMEASURED = "wide on purpose: rounding to bf16 is 1.7e-3 on a CPU, Hopper's tensor cores keep some 14 bits of a sum"

ROUNDOFF = {"fp32": 2.0**-24, "fp64": 2.0**-53}  # u: the most by which one rounding errs, relative to the result

IN_ORDER = 0.31  # rms error of sums of N(0,1) in order, in u per sqrt(k); 0.30 to 0.31 measured, k up to 16,384
SPARE = 1.4  # over the model; honest products reach at most 1 / 1.4 of what results
LARGEST = 6  # the residual is the largest of many errors, at most 4.6 times their rms
FEWEST_COLUMNS = 16  # sums of fewer errors are not yet normally distributed: one rounding may be 9 times the rms of all
JUDGE_F64 = 1.5  # of u per sqrt(n) and sqrt(k): the residual is computed in float64, whose sums err as C's do
NARROW_BANDS = {"bf16": (1.4e-3, 1.95e-3), "fp16": (1.7e-4, 2.6e-4)}  # rounding C outweighs the sums, at every k

WIDE = "1.4 u (1 + 0.31 sqrt(k)): OpenBLAS, MKL and loops, n = 256, k from 16 to 16,384, on a Zen 5 CPU"
NARROW = "the rounding of C: oneDNN, n = 256, k from 64 to 4,096, on a Zen 5 CPU"

# By what a document says was computed: (A, math mode, C). The gap to the nearest wrong arithmetic is at least 2 x:
# fp32 errs by 2.1e-7 where fp64 was asked for, TF32 by 2.9e-4 where fp32 was, bf16 sums by 2.6e-3 where fp32 sums
# were, and a product more precise than its name (no tf32, no bf16 rounding) is another arithmetic too.
BANDS = {
    ("fp64", "ieee", "fp64"): Band(1e-12, 0, 1e-12, MEASURED),
    ("fp32", "ieee", "fp32"): Band(1e-4, 0, 2e-5, MEASURED),
    ("fp32", "tf32", "fp32"): Band(5e-3, 1e-4, 1.3e-3, MEASURED),
    ("bf16", "ieee", "bf16"): Band(1.5e-2, 1e-3, 2.2e-3, MEASURED),
    ("bf16", "ieee", "fp32"): Band(1e-4, 0, 1e-5, MEASURED),
    ("fp16", "ieee", "fp16"): Band(3e-3, 1e-4, 4e-4, MEASURED),
    ("fp8_e4m3", "ieee", "bf16"): Band(3e-2, 1e-3, 6e-3, UNMEASURED),
    ("fp8_e5m2", "ieee", "bf16"): Band(3e-2, 1e-3, 6e-3, UNMEASURED),
    ("int8", "ieee", "int32"): Band(0, 0, 0, "integer sums are exact"),
}


def band_of(a: str, math: str, c: str, elements: int, terms: int) -> Band | None:
    """Return the band by version 1 of the method, of a product of ``elements``, each a sum of ``terms`` products.

    It is None for an unknown arithmetic.

    ``a``, ``math`` and ``c`` are what a document says was computed.
    """
    band = BANDS.get((a, mode_of(math), c))  # what follows a comma changes no digit of these operands
    if band and (elements < FEWEST_FOR_BAND or terms < FEWEST_TERMS):
        return replace(band, rms_low=0, rms_high=band.residual)
    return band


def band(a: str, math: str, c: str, n: int, k: int, elements: int) -> Band | None:
    """Return the band of so many elements of a dense product, as a document names its arithmetic; None if unknown."""
    found = _measured(a, mode_of(math), c, n, k)
    if found is None:
        return band_of(a, math, c, elements, k)
    if elements < FEWEST_FOR_BAND or k < FEWEST_TERMS:
        return replace(found, rms_low=0, rms_high=found.residual)
    return found


def band_of_products(a: str, math: str, c: str, m: int, n: int, k: int) -> Band | None:
    """Return the widest band of the products of a case that version 2 judges, one of them with planted rows.

    It is None for an unknown arithmetic.
    """
    dense_rows = m - PLANTED_ROWS if can_plant(math) else m
    return band(a, math, c, n, k, dense_rows * n if dense_rows * n >= ENOUGH_ELEMENTS else 0)


def can_plant(math: str) -> bool:
    """Return whether planted rows tell of an arithmetic: not of one that rounds the operands, as tf32 does."""
    return mode_of(math) == "ieee"


def _measured(a: str, mode: str, c: str, n: int, k: int) -> Band | None:
    """Return the band of an arithmetic whose errors follow a model; None for any other."""
    if mode != "ieee" or a != c:
        return None
    largest = LARGEST if n >= FEWEST_COLUMNS else 2 * LARGEST
    if a in ROUNDOFF:
        rms_high = SPARE * ROUNDOFF[a] * (1 + IN_ORDER * sqrt(k))
        judge = JUDGE_F64 * ROUNDOFF[a] * (sqrt(n) + sqrt(k)) if a == "fp64" else 0
        return Band(largest * rms_high + judge, 0, rms_high, WIDE)
    if a in NARROW_BANDS:
        rms_low, rms_high = NARROW_BANDS[a]
        return Band(largest * rms_high, rms_low, rms_high, NARROW)
    return None
