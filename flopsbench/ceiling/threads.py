"""Runs machine code on several threads at once and times each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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


TOGETHER = (
    0.95  # of the shortest work, from the last start to the first end: threads' staggered start is a few per cent
)


def run_together(work: Callable[[int], None], threads: int, cpus: Sequence[int] = ()) -> list[Span]:
    """Call ``work(i)`` on thread i for all threads at once; the calls must release Python's lock.

    Threads live for one sample: starting them is not timed, and between samples none of them is running. Each is bound
    to its logical CPU where ``cpus`` names one for each.
    """
    barrier = Barrier(threads)

    def timed(index: int) -> Span:
        if cpus:
            _bind(cpus[index])
        barrier.wait()
        start = perf_counter()
        work(index)
        return Span(start, perf_counter())

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(timed, range(threads)))


def _bind(cpu: int) -> None:
    """Keep the calling thread on a logical CPU, where the system can."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {cpu})


def rate_together(spans: Sequence[Span], work: Sequence[float]) -> float:
    """Return the work per second of all threads: the sum of what each does while all are at work.

    Where they were not at work together, one waited for the core of another: then it is all work over all the time.
    """
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    together = min(span.end for span in spans) - max(span.start for span in spans)
    if together < TOGETHER * min(span.seconds for span in spans):
        return sum(work) / (last - first)
    return sum(each / span.seconds for each, span in zip(work, spans, strict=True))


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
