"""Proves that C is the product of A and B, computed in the precision that its name claims.

The proof shares no code with the GEMM it checks: it runs numpy's own loops (einsum), never a BLAS. Freivalds' test
finds a wrong product in O(n^2): for a random vector of signs x, C·x must equal A·(B·x) (R. Freivalds, "Probabilistic
machines can use less running time", IFIP Congress 1977). The error of some full rows against float64 identifies the
arithmetic: it is larger for TF32 than for the FP32 it may be taken for. Neither finds a single wrong element of a bf16
product, nor FP32 emulated at full precision from narrower products.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Compute, Operands
from flopsbench.proof.bands import Band, band_of
from flopsbench.proof.verdict import NOTHING, complaint_of, not_finite, without_band
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Proof
from flopsbench.words.reason import Reason

VECTORS = 4
ENOUGH_SUMS = 32  # independent sums, so that their rms is not small by chance
FULL_ROWS = 8
ENOUGH_ELEMENTS = 512
SLICE_ELEMENTS = 1 << 22  # operands are widened to float64 in slices, never whole

HostArray = NDArray[Any]
Float64 = NDArray[np.float64]


def prove(operands: Operands, compute: Compute, seed: int) -> Proof:
    """Check C against A·B on the host; ``passed`` is False, with the reason, when it is not that product."""
    band = band_of(compute.a, compute.math, compute.c, elements=operands.c.size, terms=operands.a.shape[1])
    if band is None:
        return _proof(None, None, NOTHING, without_band(compute.a, compute.math, compute.c))
    if complaint := _data_complaint(operands):
        return _proof(None, None, band, complaint)
    if not _finite(operands.c):
        return _proof(None, None, band, not_finite())
    random = np.random.default_rng(seed)
    (m, k), n = operands.a.shape, operands.b.shape[1]
    residual = _residual(operands, draw_signs(random, m, k, n))
    error = _rms_error(operands, _some_rows(random, operands.c))
    return _proof(residual, error, band, complaint_of(residual, error, band))


def _finite(c: HostArray) -> bool:
    """Return whether every element of C was written: none is NaN or infinite, or the smallest integer."""
    if np.issubdtype(c.dtype, np.integer):
        return bool((c != np.iinfo(c.dtype).min).all())
    return all(bool(np.isfinite(part).all()) for part in slices(c, SLICE_ELEMENTS))


def _data_complaint(operands: Operands) -> Reason | None:
    """Return what makes A and B useless for a proof; None for random data.

    Constant matrices, and one matrix for both, multiply faster than real data does.
    """
    for name, matrix in (("A", operands.a), ("B", operands.b)):
        values = matrix.reshape(-1)[:SLICE_ELEMENTS].astype(np.float64)
        if not np.isfinite(values).all():
            return Reason("operand_not_finite", operand=name)
        if values.size >= ENOUGH_ELEMENTS and not abs(values.mean()) < values.std() / 2:
            return Reason("operand_not_random", operand=name)
    if operands.a.size > 1 and np.array_equal(operands.a, operands.b):
        return Reason("operands_equal")
    return None


def draw_signs(random: np.random.Generator, m: int, k: int, n: int) -> Float64:
    """Draw the vectors x, one per row; a thin product, whose few sums may all lie near 0, gets more of them."""
    count = max(VECTORS, -(-ENOUGH_SUMS // min(m, k)))
    return random.integers(0, 2, (count, n)).astype(np.float64) * 2 - 1


def _some_rows(random: np.random.Generator, c: HostArray) -> NDArray[np.intp]:
    """Choose the rows of C to compute in full; short rows get more of them."""
    m, n = c.shape
    return np.sort(random.permutation(m)[: max(FULL_ROWS, -(-ENOUGH_ELEMENTS // n))])


def _residual(operands: Operands, x: Float64) -> float:
    """Return max|Cx - scale·A(Bx)| / rms(scale·A(Bx)).

    Dividing row by row would make the residual huge where a sum is near 0.
    """
    expected = operands.scale * _times(operands.a, _times(operands.b, x))
    difference = np.abs(_times(operands.c, x) - expected).max()
    return _ratio(float(difference), rms(expected))


def _rms_error(operands: Operands, rows: NDArray[np.intp]) -> float:
    """Return rms(C - C64) / rms(C64) over the given rows, C64 computed in float64."""
    exact = operands.scale * _rows_times(operands.a[rows].astype(np.float64), operands.b)
    return _ratio(rms(operands.c[rows].astype(np.float64) - exact), rms(exact))


def _ratio(error: float, size: float) -> float:
    """Return the relative error as a finite number, which JSON can hold."""
    ratio = error / size if size > 0 else float(error > 0)
    return ratio if np.isfinite(ratio) else float(np.finfo(np.float64).max)


def rms(values: Float64) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(values * values)))


def _times(matrix: HostArray, x: Float64) -> Float64:
    """Return the matrix times every row of x, one row of the result for each."""
    return np.concatenate(
        [np.einsum("ij,vj->vi", part.astype(np.float64), x) for part in slices(matrix, SLICE_ELEMENTS)], axis=1
    )


def _rows_times(rows: Float64, matrix: HostArray) -> Float64:
    """Return rows times matrix, the matrix widened to float64 slice by slice along its columns."""
    parts = [np.einsum("ik,jk->ij", rows, part.astype(np.float64)) for part in slices(matrix.T, SLICE_ELEMENTS)]
    return np.concatenate(parts, axis=1)


def slices(matrix: HostArray, most: int) -> Iterator[HostArray]:
    """Yield the matrix in blocks of whole rows, of at most so many elements where a row has no more."""
    rows = max(1, most // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], rows):
        yield matrix[start : start + rows]


def _proof(residual: float | None, error: float | None, band: Band, complaint: Reason | None) -> Proof:
    """Return the proof as a document holds it; it failed where there is a complaint."""
    return Proof(
        method=f"Freivalds, {VECTORS} or more sign vectors; {FULL_ROWS} or more rows in float64",
        passed=complaint is None,
        bound=band.residual,
        checked="after timing; C was overwritten before every timed block",
        max_residual=residual,
        rms_error=error,
        rms_band=(band.rms_low, band.rms_high),
        **sentence_fields(reason=complaint),
    )
