"""Calls cuBLAS through cupy: one GEMM whose storage and compute type are both explicit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cupy
import numpy as np
from cupy_backends.cuda.libs import cublas

from flopsbench.problem import Problem

# CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION of cublasMath_t (cublas_api.h), for which cupy has no name.
_DISALLOW_REDUCED_PRECISION_REDUCTION = 16


@dataclass(frozen=True, slots=True)
class _Types:
    """_Types are the types of a call of cublasGemmEx: of A, B and C, of the computation, of alpha and beta.

    They are a cudaDataType, a cublasComputeType_t and numpy's type of a scalar.
    """

    storage: int
    compute: int
    scalar: type[np.floating[Any]] = np.float32


_TYPES = {
    "fp64": _Types(cupy.cuda.runtime.CUDA_R_64F, cublas.CUBLAS_COMPUTE_64F, np.float64),
    "fp32": _Types(cupy.cuda.runtime.CUDA_R_32F, cublas.CUBLAS_COMPUTE_32F),
    "tf32": _Types(cupy.cuda.runtime.CUDA_R_32F, cublas.CUBLAS_COMPUTE_32F_FAST_TF32),
    "fp16": _Types(cupy.cuda.runtime.CUDA_R_16F, cublas.CUBLAS_COMPUTE_32F),
    "bf16": _Types(cupy.cuda.runtime.CUDA_R_16BF, cublas.CUBLAS_COMPUTE_32F),
}


class CublasGemm:
    """A CublasGemm computes C = A·B of a problem by cublasGemmEx, on the current device."""

    def __init__(self, problem: Problem) -> None:
        """Take cupy's handle for the current device and have sums of 16-bit formats kept in float32 to the end."""
        self._problem = problem
        self._handle = cupy.cuda.device.get_cublas_handle()
        cublas.setMathMode(self._handle, _DISALLOW_REDUCED_PRECISION_REDUCTION)
        scalar = _TYPES[problem.dtype.name].scalar
        self._one, self._zero = np.ones((), scalar), np.zeros((), scalar)  # cuBLAS reads them on the host
        self._arguments: dict[tuple[int, int, int], tuple[Any, ...]] = {}  # by the addresses of A, B and C

    def launch(self, a: Any, b: Any, c: Any) -> None:
        """Enqueue one GEMM, its arguments computed once per set of addresses."""
        addresses = (a.data.ptr, b.data.ptr, c.data.ptr)
        arguments = self._arguments.get(addresses)
        if arguments is None:
            arguments = self._arguments[addresses] = self._of(*addresses)
        cublas.gemmEx(*arguments)

    def _of(self, a: int, b: int, c: int) -> tuple[Any, ...]:
        """Return the 19 arguments of cublasGemmEx, which takes matrices by columns.

        A row-major matrix read by columns is its transpose, so the row-major C = A·B is asked for as
        Cᵀ = Bᵀ·Aᵀ: B comes first, n before m, and a row-major operand needs no transposition.
        """
        problem = self._problem
        m, n, k, types = problem.m, problem.n, problem.k, _TYPES[problem.dtype.name]
        transpose_b, b_stride = (cublas.CUBLAS_OP_T, k) if problem.layout == "nt" else (cublas.CUBLAS_OP_N, n)
        transpose_a, a_stride = (cublas.CUBLAS_OP_T, m) if problem.layout == "tn" else (cublas.CUBLAS_OP_N, k)
        first = (b, types.storage, b_stride)
        second = (a, types.storage, a_stride)
        output = (c, types.storage, n)
        how = (types.compute, cublas.CUBLAS_GEMM_DEFAULT)
        one, zero = self._one.ctypes.data, self._zero.ctypes.data
        return (self._handle, transpose_b, transpose_a, n, m, k, one, *first, *second, zero, *output, *how)

    def math(self) -> str:
        """Return the mode of the arithmetic, as a document names it."""
        return self._problem.dtype.math

    def library(self) -> str:
        """Return cuBLAS with its version, which it gives as major * 10000 + minor * 100 + patch."""
        major, rest = divmod(cublas.getVersion(self._handle), 10_000)
        return f"cuBLAS {major}.{rest // 100}.{rest % 100}"
