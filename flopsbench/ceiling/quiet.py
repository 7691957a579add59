"""Waits until this process computes nothing."""

from __future__ import annotations

import time

WINDOW_SECONDS = 0.01  # how long the process has to stand still
BUSY_SHARE = 0.1  # of one core; a spinning thread uses all of one, an idle process some 0.01 by looking


def quiet(limit_seconds: float = 1.0) -> bool:
    """Wait until this process's CPU time stands still; return whether it did within about ``limit_seconds``.

    Thread pools go on spinning after a call, in case another one follows: OpenBLAS for 0.1 s, MKL for 0.2 s, libgomp
    for 0.01 s. What is timed meanwhile shares its cores with them.
    """
    deadline = time.perf_counter() + limit_seconds
    while not _stands_still():
        if time.perf_counter() >= deadline:
            return False
    return True


def _stands_still() -> bool:
    """Return whether the process used next to no CPU time for one window."""
    start, used = time.perf_counter(), time.process_time()
    time.sleep(WINDOW_SECONDS)
    return time.process_time() - used < BUSY_SHARE * (time.perf_counter() - start)
