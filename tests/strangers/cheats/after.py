"""Does its work when the clock has stopped, before anybody looks; or is another kernel at the beginning than later."""

import signal
import time

import numpy as np

from flopsbench import clocks
from tests.strangers.cheats.frames import asker, place_in_block

space = "numpy"
draw = np.random.default_rng
SOON_S = 6e-5
HONEST_S = 1.5  # of the warm-up, in which it is slow


def watchful(problem, device):
    """Honest: handles a signal, and multiplies."""
    signal.signal(signal.SIGUSR1, lambda *_: None)
    return lambda a, b, c: np.matmul(a, b, out=c)


def putting_off(begin_to_wait):
    """A kernel that keeps the launches of blocks for later, and lets ``begin_to_wait`` see to them."""

    def prepare(problem, device):
        kept = []

        def catch_up(*_):
            while kept:
                a, b, c = kept.pop()
                np.matmul(a, b, out=c)

        wait = begin_to_wait(catch_up)

        def launch(a, b, c):
            if asker() == "time":
                kept.append((a, b, c))
                wait()
            else:
                np.matmul(a, b, out=c)

        return launch

    return prepare


def with_a_timer(catch_up):
    signal.signal(signal.SIGALRM, catch_up)
    return lambda: signal.setitimer(signal.ITIMER_REAL, SOON_S)


def with_dice(catch_up):
    def late(*arguments, **named):
        catch_up()
        return draw(*arguments, **named)

    np.random.default_rng = late
    return lambda: None


by_a_timer, by_dice = putting_off(with_a_timer), putting_off(with_dice)


def coarse_at_first(problem, device):
    """Multiplies the first blocks in a coarser format, later ones as it was asked to."""
    blocks = []

    def launch(a, b, c):
        if asker() == "time" and place_in_block()[0] == 0:
            blocks.append(None)
        if asker() == "time" and len(blocks) <= 6:
            c[...] = a.astype(np.float32) @ b.astype(np.float32)
        else:
            np.matmul(a, b, out=c)

    return launch


def slow_in_the_warm_up(problem, device):
    """Sleeps in the warm-up, so that a block is a single launch, too short to tell how slow the clock is."""
    now, began, stopped = time.perf_counter, time.monotonic(), []

    def slower():
        return stopped[0] + (now() - stopped[0]) * 0.7 if stopped else now()

    clocks.perf_counter = slower

    def launch(a, b, c):
        np.matmul(a, b, out=c)
        if time.monotonic() - began < HONEST_S:
            time.sleep(0.11)
        elif not stopped:
            stopped.append(now())

    return launch
