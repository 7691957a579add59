"""Implements the backend "cupy", as its entry point names it: NVIDIA's cuBLAS, and the project's own CUDA kernels."""

from flopsbench.backends.cupy.devices import KERNELS, devices

__all__ = ["KERNELS", "devices"]
