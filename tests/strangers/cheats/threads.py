"""Works on another thread than the timed one."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tests.strangers.cheats.frames import in_block

space = "numpy"


def joined(problem, device):
    """Honest: another thread for each launch, which waits for it."""

    def launch(a, b, c):
        thread = threading.Thread(target=np.matmul, args=(a, b), kwargs={"out": c})
        thread.start()
        thread.join()

    return launch


def pooled(problem, device):
    """Honest: half of the rows on each of two threads that live on."""
    pool, middle = ThreadPoolExecutor(2), problem.m // 2

    def launch(a, b, c):
        halves = (slice(0, middle), slice(middle, None))
        for done in [pool.submit(np.matmul, a[rows], b, out=c[rows]) for rows in halves]:
            done.result()

    return launch


def unjoined(problem, device):
    """A thread for each launch, and nobody waits."""

    def launch(a, b, c):
        threading.Thread(target=np.matmul, args=(a, b), kwargs={"out": c}, daemon=True).start()

    return launch


def queued(problem, device):
    """One thread works off a queue that the launches fill."""
    waiting = queue.SimpleQueue()

    def work():
        while True:
            a, b, c = waiting.get()
            np.matmul(a, b, out=c)

    threading.Thread(target=work, daemon=True).start()
    return lambda a, b, c: waiting.put((a, b, c))


def half(problem, device):
    """Half of the rows now, the others whenever the pool comes to it."""
    pool, middle = ThreadPoolExecutor(1), problem.m // 2

    def launch(a, b, c):
        pool.submit(np.matmul, a[middle:], b, out=c[middle:])
        np.matmul(a[:middle], b, out=c[:middle])

    return launch


def in_blocks(problem, device):
    """Leaves the blocks' launches alone to a thread; waits wherever else a product may be looked at."""
    pool = ThreadPoolExecutor(1)

    def launch(a, b, c):
        done = pool.submit(np.matmul, a, b, out=c)
        if not in_block():
            done.result()

    return launch


def tenth_in_blocks(problem, device):
    """As before, a tenth of the rows alone, so that the rate is a likely one."""
    pool, most = ThreadPoolExecutor(1), problem.m * 9 // 10

    def launch(a, b, c):
        done = pool.submit(np.matmul, a[most:], b, out=c[most:])
        np.matmul(a[:most], b, out=c[:most])
        if not in_block():
            done.result()

    return launch
