"""Kernels on cupy's arrays: one that multiplies, and two to which something happens on the GPU."""

import cupy
import numpy as np

from flopsbench.backends.cupy import KERNELS

space = "cupy"
TOO_MUCH = 1 << 50  # bytes
NOWHERE = np.uint64(8)  # an address of nobody: the GPU is broken for the process
SCRIBBLE = 'extern "C" __global__ void scribble(unsigned long long at) { *(volatile float *)at = 1.0f; }'


def honest(problem, device):
    return KERNELS["cublas"](problem, device)


def greedy(problem, device):
    return lambda a, b, c: cupy.empty(TOO_MUCH, np.uint8)


def sticky(problem, device):
    return lambda a, b, c: cupy.RawKernel(SCRIBBLE, "scribble")((1,), (1,), (NOWHERE,))
