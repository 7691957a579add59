"""The exact stranger as a GPU: no CPU ceiling is measured beside it, so that a whole run takes a second."""

import exact
from exact import KERNELS  # noqa: F401  # a backend is a module with these names

from flopsbench.backend import Device


class Distant(exact.Abacus):
    """An abacus that is no part of this machine."""

    def devices(self):
        return [Device("cuda", 7, "abacus", units=1)]

    def formats(self, problem, device):
        return super().formats(problem, Device("cpu", 0, "abacus"))


space = Distant()
