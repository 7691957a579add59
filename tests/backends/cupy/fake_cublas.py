"""A stand-in for ``cupy_backends.cuda.libs.cublas`` that follows cuBLAS's own rules.

``gemmEx`` works from addresses, leading dimensions and transpositions alone, by columns: a wrong argument gives a
wrong product.
"""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

CUDA_R = {"32F": 0, "64F": 1, "16F": 2, "16BF": 14}
COMPUTE = {"32F": 68, "64F": 70, "32F_FAST_TF32": 77}
STORAGE: dict[int, type[np.generic]] = {0: np.float32, 1: np.float64, 2: np.float16, 14: np.uint16}
ALLOWED = {(0, 68), (0, 77), (1, 70), (2, 68), (14, 68)}  # (storage, compute) of the table in cuBLAS's manual


def bf16_to_float32(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def float32_to_bf16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    bits = values.view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + (bits >> 16 & 1)) >> 16).astype(np.uint16)  # the nearest, of two the even one


def matrix_by_columns(address: int, storage: int, rows: int, columns: int, stride: int) -> NDArray[Any]:
    """The rows x columns matrix at that address, as Fortran lays it out."""
    size = np.dtype(STORAGE[storage]).itemsize * stride * columns
    raw: NDArray[Any] = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address)).view(STORAGE[storage])
    return raw.reshape(columns, stride)[:, :rows].T


def values_of(matrix: NDArray[Any], storage: int, compute: int) -> NDArray[np.float64]:
    """What the multiplier sees: bf16 widened, float32 cut to ten bits of mantissa in TF32."""
    if storage == CUDA_R["16BF"]:
        return bf16_to_float32(matrix).astype(np.float64)
    if compute == COMPUTE["32F_FAST_TF32"]:
        cut = np.ascontiguousarray(matrix).view(np.uint32) & np.uint32(0xFFFFE000)
        return cut.view(np.float32).astype(np.float64)
    return matrix.astype(np.float64)


class FakeCublas(ModuleType):
    """The constants and the three functions the backend uses."""

    CUBLAS_OP_N, CUBLAS_OP_T, CUBLAS_GEMM_DEFAULT = 0, 1, -1
    CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_64F = COMPUTE["32F"], COMPUTE["64F"]
    CUBLAS_COMPUTE_32F_FAST_TF32 = COMPUTE["32F_FAST_TF32"]

    def __init__(self) -> None:
        super().__init__("cublas")
        self.math_mode = 0

    def getVersion(self, handle: int) -> int:
        return 120904

    def setMathMode(self, handle: int, mode: int) -> None:
        self.math_mode = mode

    def gemmEx(
        self, handle: int, trans_a: int, trans_b: int, m: int, n: int, k: int, alpha: int,
        a: int, a_type: int, lda: int, b: int, b_type: int, ldb: int, beta: int,
        c: int, c_type: int, ldc: int, compute: int, algorithm: int,
    ) -> None:  # fmt: skip
        assert (a_type, compute) in ALLOWED
        assert a_type == b_type == c_type
        scalar = ctypes.c_double if compute == COMPUTE["64F"] else ctypes.c_float
        assert (scalar.from_address(alpha).value, scalar.from_address(beta).value) == (1.0, 0.0)
        first = matrix_by_columns(a, a_type, *((k, m) if trans_a else (m, k)), lda)
        second = matrix_by_columns(b, b_type, *((n, k) if trans_b else (k, n)), ldb)
        left, right = (values_of(each, a_type, compute) for each in (first, second))
        product = (left.T if trans_a else left) @ (right.T if trans_b else right)
        output = matrix_by_columns(c, c_type, m, n, ldc)
        rounded = product.astype(np.float32)
        output[...] = float32_to_bf16(rounded) if c_type == CUDA_R["16BF"] else product
