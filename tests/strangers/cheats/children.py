"""Keeps a process that nobody knows of."""

import mmap
import os
import signal
import time

import numpy as np

from flopsbench.backend import Prepared

space = "numpy"
LIFE_S = 15  # whoever is forgotten ends by itself


def ends_its_child(problem, device):
    """Honest: asks a process once, and waits for its end."""
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return Prepared(lambda a, b, c: np.matmul(a, b, out=c), threads=1)


def left_behind(problem, device):
    """Leaves a process behind that goes on computing, in a session of its own, after the run."""
    child = os.fork()
    if not child:
        os.setsid()
        signal.alarm(LIFE_S)
        while True:
            np.ones((64, 64)) @ np.ones((64, 64))
            time.sleep(0.01)
    return lambda a, b, c: np.matmul(a, b, out=c)


def helped(problem, device):
    """Says that it uses one thread, and has half of the rows computed by a process of its own."""
    shape = (problem.m, problem.k, problem.n)
    (m, k, n), half = shape, problem.m // 2
    shared = mmap.mmap(-1, 8 * (m * k + k * n + m * n) + 8)
    state = np.frombuffer(shared, np.int64, 1)
    a_, b_, c_ = (
        np.frombuffer(shared, np.float64, rows * columns, 8 * (1 + start)).reshape(rows, columns)
        for rows, columns, start in ((m, k, 0), (k, n, m * k), (m, n, m * k + k * n))
    )
    parent = os.getpid()
    if not os.fork():
        signal.alarm(LIFE_S)
        while os.getppid() == parent:
            if state[0] == 1:
                np.matmul(a_[half:], b_, out=c_[half:])
                state[0] = 2
            time.sleep(1e-6)
        os._exit(0)

    def launch(a, b, c):
        np.copyto(a_[half:], a[half:])
        np.copyto(b_, b)
        state[0] = 1
        np.matmul(a[:half], b, out=c[:half])
        while state[0] != 2:
            time.sleep(0)
        np.copyto(c[half:], c_[half:])
        state[0] = 0

    return Prepared(launch, threads=1)


def holds_the_pipe(problem, device):
    """A process of its own holds the pipe to the parent open, so that nobody hears of the worker's end."""
    if not os.fork():
        signal.alarm(LIFE_S)
        time.sleep(LIFE_S)
        os._exit(0)
    return lambda a, b, c: np.matmul(a, b, out=c)
