"""Holds what every proof needs: vectors of signs, sizes of errors, and what their sizes mean.

Freivalds' test finds a wrong product in O(n^2): for a random vector of signs x, C·x must equal A·(B·x) (R. Freivalds,
"Probabilistic machines can use less running time", IFIP Congress 1977). The error of some rows tells the arithmetic: it
is larger for TF32 than for the FP32 it may be taken for. Neither finds a single wrong element of a bf16 product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.proof.bands import Band
from flopsbench.units import general
from flopsbench.words.reason import Reason

VECTORS = 4
ENOUGH_SUMS = 32  # independent sums, so that their rms is not small by chance
FULL_ROWS = 8
ENOUGH_ELEMENTS = 512
IMPRECISE = 0.05  # the right product in the coarsest arithmetic stays below; one missing tile of 64x64 is above

HostArray = NDArray[Any]
Float64 = NDArray[np.float64]


def draw_signs(random: np.random.Generator, m: int, k: int, n: int) -> Float64:
    """Draw the vectors x, one per row; a thin product, whose few sums may all lie near 0, gets more of them."""
    count = max(VECTORS, -(-ENOUGH_SUMS // min(m, k)))
    return random.integers(0, 2, (count, n)).astype(np.float64) * 2 - 1


def rms(values: Float64) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(values * values)))


def slices(matrix: HostArray, most: int) -> Iterator[HostArray]:
    """Yield the matrix in blocks of whole rows, of at most so many elements where a row has no more."""
    rows = max(1, most // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], rows):
        yield matrix[start : start + rows]


def complaint_of(residual: float, error: float, band: Band) -> Reason | None:
    """Return what is wrong with the product; None for a right one."""
    if residual > band.residual and (residual > IMPRECISE or not error > band.rms_high > 0):
        return Reason("not_the_product", residual=general(residual, 2), bound=general(band.residual))
    if error > band.rms_high:
        return Reason("less_precise", error=general(error, 2), most=general(band.rms_high))
    if error < band.rms_low:
        return Reason("more_precise", error=general(error, 2), least=general(band.rms_low))
    return None
