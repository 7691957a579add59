"""Runs machine code on several threads at once and times each of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter
from typing import NamedTuple


class Span(NamedTuple):
    """A Span is when a thread's work began and ended, in seconds of ``time.perf_counter``."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Return how long the work took."""
        return self.end - self.start


def run_together(work: Callable[[int], None], threads: int) -> list[Span]:
    """Call ``work(i)`` on thread i for all threads at once; the calls must release Python's lock.

    Threads live for one sample: starting them is not timed, and between samples none of them is running.
    """
    barrier = Barrier(threads)

    def timed(index: int) -> Span:
        barrier.wait()
        start = perf_counter()
        work(index)
        return Span(start, perf_counter())

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(timed, range(threads)))


def iterations_for(work: Callable[[int], None], seconds: float) -> int:
    """Return how many iterations of ``work`` take about ``seconds`` on one thread."""
    iterations = 1 << 10
    while (elapsed := _seconds(work, iterations)) < seconds / 4:
        iterations *= 2
    return max(1, round(iterations * seconds / elapsed))


def _seconds(work: Callable[[int], None], iterations: int) -> float:
    """Time that many iterations."""
    start = perf_counter()
    work(iterations)
    return perf_counter() - start
