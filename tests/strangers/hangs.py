"""Kernels that do nothing any more, each in another step of a case; how, the one who asks for them says."""

import ctypes
import os
import signal
import sys
import time

import numpy as np

space = "numpy"
LONG_S = 600


def sleep():
    time.sleep(LONG_S)


def hold_the_lock():
    ctypes.PyDLL(None).sleep(LONG_S)


def ignore_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(LONG_S)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


HANG = {each.__name__: each for each in (sleep, hold_the_lock, ignore_signals, stop)}[os.environ.get("HANGS", "sleep")]


def callers():
    frame = sys._getframe()
    while frame := frame.f_back:
        yield os.path.basename(frame.f_code.co_filename), frame.f_code.co_name


def hanging(*where):
    """A kernel whose launch hangs where it is called from there."""

    def prepare(problem, device):
        def launch(a, b, c):
            if where in set(callers()) and ("gemm.py", "run") not in set(callers()):  # which passes between blocks call
                HANG()
            np.matmul(a, b, out=c)

        return launch

    return prepare


def in_prepare(problem, device):
    HANG()


def in_fetch(problem, device):
    sys.modules["flopsbench.backends.numpy.arrays"].NumpySpace.fetch = lambda *_: HANG()
    return lambda a, b, c: np.matmul(a, b, out=c)


def in_ceiling(problem, device):
    sys.modules["flopsbench.measure.blocks"].Sampler.look = lambda self: self.step("ceiling", 0.0) or HANG()
    return lambda a, b, c: np.matmul(a, b, out=c)


def honest(problem, device):
    return lambda a, b, c: np.matmul(a, b, out=c)


KERNELS = {
    "prepare": in_prepare,
    "first_launch": hanging("case.py", "measure"),
    "launch": hanging("blocks.py", "_windows"),
    "block": hanging("blocks.py", "time"),
    "fetch": in_fetch,
    "ceiling": in_ceiling,
    "honest": honest,
}
