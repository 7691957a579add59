"""Provides the cupy backend, which the entry point names: NVIDIA's cuBLAS, and the project's own CUDA kernels."""

from flopsbench.backends.cupy.devices import KERNELS, devices

__all__ = ["KERNELS", "devices"]
