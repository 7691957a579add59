"""Stands in the place of cupy: numpy as a GPU (tests/backends/cupy/fake_cupy.py), with a clock that runs."""

import sys
from time import perf_counter

import board
import numpy as np

from tests.backends.cupy import fake_cupy

ILLEGAL_ADDRESS = fake_cupy.CUDARuntimeError(700, "cudaErrorIllegalAddress: an illegal memory access was encountered")


class Running(fake_cupy.FakeGpu):
    """A GPU whose events read the clock of the machine."""

    def __init__(self):
        super().__init__()
        self.free_bytes = board.FREE_BYTES
        self.properties |= {
            "name": board.NAME.encode(),
            "multiProcessorCount": board.UNITS,
            "totalGlobalMem": board.MEMORY_BYTES,
            "l2CacheSize": board.CACHE_BYTES,
        }

    @property
    def device_s(self):
        return perf_counter()

    @device_s.setter
    def device_s(self, seconds):
        """Let nobody set it."""


class Broken:
    """A kernel that breaks CUDA for the process: nothing that comes after it works."""

    def __init__(self, *_):
        pass

    def __call__(self, *_):
        gpu.has_code = False
        raise ILLEGAL_ADDRESS


gpu = Running()
for name, module in fake_cupy.modules_of(gpu).items():
    sys.modules[name] = module
sys.modules["cupy"].RawKernel = Broken
sys.modules["cupy"].uint8 = np.uint8
