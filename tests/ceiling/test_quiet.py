"""Quiet means that no thread of this process computes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flopsbench.ceiling.quiet import quiet

Spinning = Callable[[float], "Clock"]


class Clock:
    """Stands for the module ``time``, in a process of which a thread spins on a core of its own up to some time."""

    def __init__(self, until: float) -> None:
        self.now = 0.0
        self._until = until

    def perf_counter(self) -> float:
        return self.now

    def process_time(self) -> float:
        return min(self.now, self._until)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def spinning_until(monkeypatch: pytest.MonkeyPatch) -> Spinning:
    """Give ``quiet`` a made-up clock."""

    def begin(until: float) -> Clock:
        clock = Clock(until)
        monkeypatch.setattr(sys.modules[quiet.__module__], "time", clock)
        return clock

    return begin


def test_an_idle_process_is_quiet() -> None:
    assert quiet(5.0)


def test_a_spinning_thread_is_not_quiet(spinning_until: Spinning) -> None:
    clock = spinning_until(10.0)
    assert not quiet(0.1)
    assert clock.now == pytest.approx(0.1, abs=0.02)


def test_it_gets_quiet_when_the_spinning_stops(spinning_until: Spinning) -> None:
    clock = spinning_until(0.05)
    assert quiet(5.0)
    assert 0.05 <= clock.now < 0.1


@contextmanager
def spinning() -> Iterator[None]:
    """A thread that spins, as a BLAS thread does after a call."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_another_thread_that_spins_is_seen() -> None:
    """Sooner or later: where other programs keep the cores busy, it gets none of them for a while."""
    with spinning():
        while quiet(0.0):
            pass
