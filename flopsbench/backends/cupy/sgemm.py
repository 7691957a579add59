"""Compiles the project's own float32 kernels by NVRTC and launches them through cupy."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from flopsbench.backend import Compute
from flopsbench.backends.cuda_source import NVRTC_OPTIONS, KernelSource
from flopsbench.backends.cupy.operands import OperandSet
from flopsbench.problem import Problem


class OwnSgemm:
    """An OwnSgemm computes C = A·B of a problem by one of the kernels in ``kernels/cuda``, on the current device."""

    def __init__(self, problem: Problem, source: KernelSource) -> None:
        """Compile the kernel for the current device's chip."""
        self._source = source
        module = cupy.RawModule(code=source.code, options=NVRTC_OPTIONS, backend="nvrtc")
        self._function = module.get_function(source.kernel)
        self._grid, self._block = source.grid_and_block(problem.m, problem.n)
        self._shape = tuple(np.int32(size) for size in (problem.m, problem.n, problem.k))  # C's int, as declared

    def launch(self, arguments: tuple[Any, ...]) -> None:
        """Enqueue the kernel once."""
        self._function(self._grid, self._block, arguments)

    def arguments(self, operands: OperandSet) -> tuple[Any, ...]:
        """Return what the kernel takes: m, n, k and the three matrices."""
        return (*self._shape, operands.a, operands.b, operands.c)

    def compute(self) -> Compute:
        """Return what runs: float32 throughout. Denormals count as zero, as cupy always compiles with -ftz=true."""
        major, minor = cupy.cuda.nvrtc.getVersion()
        library = f"flopsbench {self._source.kernel}, NVRTC {major}.{minor}"
        return Compute("fp32", "fp32", "fp32", "fp32", library, math="ieee, denormals flushed")
