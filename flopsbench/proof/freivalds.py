"""Holds what Freivalds' test takes: vectors of signs, matrices in slices, and the rms of errors.

It finds a wrong product in O(n^2): for a random vector of signs x, C·x must equal A·(B·x) (R. Freivalds,
"Probabilistic machines can use less running time", IFIP Congress 1977). The error of some rows tells the arithmetic: it
is larger for TF32 than for the FP32 it may be taken for. Neither finds a single wrong element of a bf16 product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

VECTORS = 4
ENOUGH_SUMS = 32  # independent sums, so that their rms is not small by chance
FULL_ROWS = 8

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
