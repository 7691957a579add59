"""Provides the cupy backend, which the entry point names: NVIDIA's cuBLAS, and the project's own CUDA kernels."""

from flopsbench.backends.cupy.kernels import KERNELS
from flopsbench.backends.cupy.space import space

__all__ = ["KERNELS", "space"]
