"""Provides the cupy backend, which the entry point names: NVIDIA's cuBLAS, and the project's own CUDA kernels."""

from flopsbench.backends.cupy.kernels import KERNELS

space = "cupy"

__all__ = ["KERNELS", "space"]
