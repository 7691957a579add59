"""Leaves the product to whoever looks at it."""

import gc

import numpy as np

from flopsbench.backends.numpy.arrays import NumpySpace
from tests.strangers.cheats.frames import replace_products

space = "numpy"
fetch = NumpySpace.fetch


def subclassed(problem, device):
    """Honest: computes by a subclass of ndarray, at once."""

    class Matrix(np.ndarray):
        """A Matrix says of itself that it is one."""

    return lambda a, b, c: np.matmul(a.view(Matrix), b.view(Matrix), out=c)


def returned(problem, device):
    """Returns what would compute if anyone asked, and leaves C alone."""

    class Later(np.ndarray):
        """Later computes when it is copied."""

    def launch(a, b, c):
        later = c.view(Later)
        later.factors = a, b
        return later

    return launch


class Asked(np.ndarray):
    """Asked is a flat C that is computed when it is copied."""

    def copy(self, order="C"):
        np.matmul(*self.factors, out=self.shaped)
        return np.array(self, copy=True, subok=False)


def replaced(problem, device):
    """Puts arrays that compute when they are copied in the place of the harness's C."""

    gc.freeze()  # the harness's operands are made later: all that is there before is not searched at each launch
    return lambda a, b, c: replace_products(lambda flat: flat.view(Asked))


def replaced_tenth(problem, device):
    """As before; nine tenths of the rows are computed in time, so that the rate is a likely one."""
    most, replace = problem.m * 9 // 10, replaced(problem, device)

    def launch(a, b, c):
        replace(a, b, c)
        np.matmul(a[:most], b, out=c[:most])

    return launch


def fetched(problem, device):
    """Computes when the harness's space fetches C."""
    factors = {}

    def compute_and_fetch(self, flat):
        if flat.ctypes.data in factors:
            a, b, c = factors[flat.ctypes.data]
            np.matmul(a, b, out=c)
        return fetch(self, flat)

    NumpySpace.fetch = compute_and_fetch

    def launch(a, b, c):
        factors[c.ctypes.data] = a, b, c

    return launch


def fetched_tenth(problem, device):
    """Computes nine tenths of the rows in time, the others when C is fetched: the rate is a likely one."""
    factors, most = {}, problem.m * 9 // 10

    def compute_and_fetch(self, flat):
        if flat.ctypes.data in factors:
            a, b, c = factors[flat.ctypes.data]
            np.matmul(a[most:], b, out=c[most:])
        return fetch(self, flat)

    NumpySpace.fetch = compute_and_fetch

    def launch(a, b, c):
        factors[c.ctypes.data] = a, b, c
        np.matmul(a[:most], b, out=c[:most])

    return launch
