"""Kernels of a library that prints and warns by every way there is, as a whole or before it fails."""

import ctypes
import os
import sys
import warnings

import numpy as np

space = "numpy"


def noise():
    print("NOISE on standard output")
    print("NOISE on standard error", file=sys.stderr)
    os.write(1, b"NOISE past Python\n")
    os.write(2, b"OMP: NOISE #276\n")
    ctypes.CDLL(None).puts(b"NOISE of a C library")
    warnings.warn("NOISE: divide by zero encountered in matmul", RuntimeWarning, stacklevel=2)
    np.log(np.zeros(1))


noise()


def plain(problem, device):
    def launch(a, b, c):
        noise()
        np.matmul(a, b, out=c)

    return launch


def failing(problem, device):
    def launch(a, b, c):
        noise()
        raise RuntimeError("an unspecified launch failure")

    return launch


KERNELS = {"plain": plain, "failing": failing}
