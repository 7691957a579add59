"""Provides the torch backend, which the entry point names: vendor GEMMs of every dtype on the CPU and on GPUs."""

from flopsbench.backends.torch.gemm import KERNELS

space = "torch"

__all__ = ["KERNELS", "space"]
