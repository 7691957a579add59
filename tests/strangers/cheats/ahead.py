"""Reads the harness's operands from its frames, and computes before the block begins."""

import sys
import threading
import time

import numpy as np

from flopsbench.measure.sets import OperandSets
from tests.strangers.cheats.frames import asker, in_block, operand_sets

space = "numpy"
shuffle = OperandSets.shuffle


def looks_around(problem, device):
    """Honest: looks at who calls, and multiplies."""

    def launch(a, b, c):
        sys._getframe(1)
        np.matmul(a, b, out=c)

    return launch


def compute_all(held, known, step=1):
    """Every product of the sets as they are now, or of every second set."""
    known.clear()
    for each in held.sets[::step]:
        a, b, _ = each.arguments
        known[each.c.ctypes.data] = a @ b


def copying(known):
    """A launch that copies what is known, and multiplies where nothing is."""

    def launch(a, b, c):
        product = known.get(c.ctypes.data)
        if product is None or not in_block():
            np.matmul(a, b, out=c)
        else:
            np.copyto(c, product)

    return launch


def shuffled(problem, device):
    """Computes all when the order is drawn, the last that is done before a block."""
    known = {}

    def compute_and_shuffle(self, seed):
        if self.problem == problem:
            compute_all(self, known)
        shuffle(self, seed)

    OperandSets.shuffle = compute_and_shuffle
    return copying(known)


def profiled(problem, device):
    """Replaces nothing: has Python tell of each call, and computes half of all when the harness asks to begin."""
    known = {}

    def told(frame, event, argument):
        if event == "call" and frame.f_code.co_name == "shuffle":
            known.clear()
        elif event == "call" and frame.f_code.co_name == "begin" and frame.f_code.co_filename.endswith("worker.py"):
            sys.setprofile(None)
            for held in operand_sets():
                if held.problem == problem and held.sets:
                    compute_all(held, known, step=2)
            sys.setprofile(told)

    sys.setprofile(told)
    return copying(known)


def sought(problem, device):
    """A thread seeks the harness's sets by gc, waits until their order is drawn, and computes as far as it comes."""
    known, orders = {}, {}

    def seek():
        while True:
            for held in operand_sets():
                for _ in range(2000):
                    if held.problem == problem and orders.get(id(held)) is not held.order:
                        orders[id(held)] = held.order
                        compute_all(held, known)
                    time.sleep(1e-5)

    threading.Thread(target=seek, daemon=True).start()

    def launch(a, b, c):
        product = known.pop(c.ctypes.data, None)
        if product is None or asker() != "time":
            np.matmul(a, b, out=c)
        else:
            np.copyto(c, product)

    return launch
