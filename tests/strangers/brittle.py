"""A backend with which something is wrong before any kernel is asked for: what its own name says, or a variable."""

import ctypes
import os
import time
from types import SimpleNamespace

import numpy as np

from flopsbench.backend import Device

LONG_S = 600


def prepare(problem, device):
    return lambda a, b, c: np.matmul(a, b, out=c)


class Unspeakable(Exception):
    """An Unspeakable is an error whose text cannot be made."""

    def __str__(self):
        raise SystemExit


def raising(error):
    def act(*_):
        raise error

    return act


def die(*_):
    os._exit(3)


def crash(*_):
    ctypes.string_at(0)


def hang(*_):
    time.sleep(LONG_S)


def listing(*devices):
    return SimpleNamespace(devices=lambda: devices)


def reaching(act):
    return SimpleNamespace(devices=act)


space, KERNELS = "numpy", {"plain": prepare}
IMPORTS = {
    "raises": raising(RuntimeError("this build is broken\nand a trace")),
    "exits": raising(SystemExit("this build is broken")),
    "is_interrupted": raising(KeyboardInterrupt()),
    "cannot_say": raising(Unspeakable()),
    "misses": raising(ModuleNotFoundError("No module named 'jax'", name="jax")),
    "dies": die,
    "crashes": crash,
    "hangs": hang,
}
SPACES = {
    "space_unknown": "jax",
    "space_number": 7,
    "devices_raise": reaching(raising(RuntimeError("no driver"))),
    "devices_exit": reaching(raising(SystemExit(1))),
    "devices_die": reaching(die),
    "devices_hang": reaching(hang),
    "devices_none": reaching(lambda: None),
    "devices_texts": listing("cpu"),
    "devices_odd": listing(Device("a/b c", 0, "a CPU")),
    "devices_hidden": listing(Device("cpu", 0, "a CPU\u202e")),
    "devices_huge": listing(Device("cpu", 0, "a CPU", units=2**70)),
    "devices_endless": reaching(lambda: (object() for _ in iter(int, 1))),
}
TABLES = {
    "kernels_none": None,
    "kernels_list": [prepare],
    "kernels_empty": {},
    "kernels_number": {"plain": 7},
    "kernels_unnamed": {7: prepare},
    "kernels_slashed": {"a/b": prepare},
    "kernels_hidden": {"a\u202eb": prepare},
}
WRONG = os.environ.get("BRITTLE", "") or __name__.partition("_")[2]
IMPORTS.get(WRONG, str)()
space, KERNELS = SPACES.get(WRONG, space), TABLES.get(WRONG, KERNELS)
