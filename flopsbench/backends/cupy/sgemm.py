"""Compiles the project's own float32 kernels by NVRTC and launches them through cupy."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from flopsbench.backends.cuda_source import NVRTC_OPTIONS, KernelSource
from flopsbench.problem import Problem


class OwnSgemm:
    """An OwnSgemm computes C = A·B of a problem by one of the kernels in ``kernels/cuda``, on the current device."""

    MATH = "ieee, denormals flushed"  # cupy always compiles with -ftz=true

    def __init__(self, problem: Problem, source: KernelSource) -> None:
        """Compile the kernel for the current device's chip."""
        self._source = source
        module = cupy.RawModule(code=source.code, options=NVRTC_OPTIONS, backend="nvrtc")
        self._function = module.get_function(source.kernel)
        self._grid, self._block = source.grid_and_block(problem.m, problem.n)
        self._shape = tuple(np.int32(size) for size in (problem.m, problem.n, problem.k))  # C's int, as declared

    def launch(self, a: Any, b: Any, c: Any) -> None:
        """Enqueue the kernel once: it takes m, n, k and the three matrices."""
        self._function(self._grid, self._block, (*self._shape, a, b, c))

    def library(self) -> str:
        """Return the kernel, and what compiled it."""
        major, minor = cupy.cuda.nvrtc.getVersion()
        return f"flopsbench {self._source.kernel}, NVRTC {major}.{minor}"
