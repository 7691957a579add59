"""The exact stranger as a GPU: no CPU ceiling is measured beside it, so that a whole run takes a second."""

from exact import KERNELS  # noqa: F401  # a backend is a module with this name

from flopsbench.backend import Device


def devices():
    return [Device("cuda", 7, "abacus", units=1)]
