"""Quiet means that no thread of this process computes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flopsbench.ceiling.quiet import quiet


@contextmanager
def spinning() -> Iterator[threading.Event]:
    """A thread that spins until told to stop, as a BLAS thread does after a call."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


def test_an_idle_process_is_quiet() -> None:
    assert quiet(5.0)


def test_a_spinning_thread_is_not_quiet() -> None:
    with spinning():
        assert not quiet(0.1)


def test_it_gets_quiet_when_the_spinning_stops() -> None:
    with spinning() as stop:
        threading.Timer(0.05, stop.set).start()
        assert quiet(5.0)
        assert stop.is_set()
