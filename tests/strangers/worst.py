"""Kernels that do the worst they can to their process, and one that multiplies."""

import ctypes
import os
import sys
import time
from pathlib import Path

import numpy as np

from flopsbench.backend import Unsupported

space = "numpy"
LIFE_S = 60  # whoever is forgotten ends by itself
NOTES = Path(os.environ.get("WORST_NOTES", "/nowhere"))
held = []


class Unspeakable(Exception):
    """An Unspeakable is an error whose text cannot be made."""

    def __str__(self):
        raise KeyboardInterrupt


def multiply(a, b, c):
    np.matmul(a, b, out=c)


def honest(problem, device):
    return multiply


def doing(act):
    """A kernel whose launches do this first."""

    def prepare(problem, device):
        def launch(a, b, c):
            act()
            multiply(a, b, c)

        return launch

    return prepare


def raising(error):
    def act():
        raise error

    return doing(act)


def chatter():
    while True:
        os.write(1, b"x" * 4095 + b"\n")


def take_all():
    while True:
        held.append(np.ones(1 << 24))


def garbled(problem, device):
    """Writes down what no document holds."""
    case = sys.modules["flopsbench.measure.case"]
    significant = case.significant
    case.significant = lambda value: -significant(value)
    return multiply


def leave():
    """Leave a process behind, in a session of its own, whose parent is gone."""
    child = os.fork()
    if not child:
        os.setsid()
        if not os.fork():
            (NOTES / str(os.getpid())).touch()
            time.sleep(LIFE_S)
        os._exit(0)
    os.waitpid(child, 0)


def leaves(problem, device):
    leave()
    return multiply


def leaves_and_waits(problem, device):
    leave()
    time.sleep(LIFE_S)


def finds(problem, device):
    """Refuses to run beside what another has left behind."""
    if [path for path in NOTES.iterdir() if Path(f"/proc/{path.name}").exists()]:
        raise RuntimeError("somebody was left behind")
    return multiply


KERNELS = {
    "honest": honest,
    "system_exit": raising(SystemExit(0)),
    "keyboard_interrupt": raising(KeyboardInterrupt()),
    "generator_exit": raising(GeneratorExit()),
    "unspeakable": raising(Unspeakable()),
    "hidden": raising(RuntimeError("a\u202eb")),
    "long": raising(RuntimeError("x" * 1_000_000)),
    "unsupported_hidden": raising(Unsupported("a\u202eb\nand more")),
    "exits": doing(lambda: os._exit(4)),
    "crashes": doing(lambda: ctypes.string_at(0)),
    "aborts": doing(os.abort),
    "garbled": garbled,
    "greedy": doing(take_all),
    "chatters": doing(chatter),
    "leaves": leaves,
    "leaves_too": leaves,
    "leaves_and_waits": leaves_and_waits,
    "finds": finds,
}
