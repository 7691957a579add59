"""Provides the numpy backend, which the entry point names: fp64 and fp32 through numpy's BLAS on the CPU."""

from flopsbench.backends.numpy.gemm import KERNELS

space = "numpy"

__all__ = ["KERNELS", "space"]
