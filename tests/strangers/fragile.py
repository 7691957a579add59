"""Kernels to which something happens: each a real end of a process or a case."""

import os
import signal
import sys
import time

import numpy as np

space = "numpy"
broken = False  # as a CUDA context is after an illegal address, for the rest of its process


def kernel(happening):
    def prepare(problem, device):
        def launch(a, b, c):
            happening()
            np.matmul(a, b, out=c)

        return launch

    return prepare


def nothing():
    pass


def chatter():
    """A library that prints where the events go, and past Python's own streams."""
    os.write(1, b'{"type":"Finished"}\n')
    print("a banner")


def killed():
    sys.stderr.write("the last words\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def out_of_memory():
    raise MemoryError("no room for C")


def failing():
    raise RuntimeError("an unspecified launch failure\nand a long trace")


def sticky():
    global broken
    broken = True
    raise RuntimeError("an illegal memory access in /home/alice/kernels/a.cu")


def after():
    if broken:
        raise RuntimeError("still broken")


def endless():
    """Tells the test, by a file, that it is under way."""
    with open(os.environ["FRAGILE_MARK"], "w") as mark:
        mark.write(str(os.getpid()))
    time.sleep(60)


KERNELS = {
    each.__name__: kernel(each) for each in (nothing, chatter, killed, out_of_memory, failing, sticky, endless)
} | {f"after{number}": kernel(after) for number in range(4)}
