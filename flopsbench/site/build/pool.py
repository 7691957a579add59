"""Spreads work over processes, in order, where there is enough of it to be worth their start."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import TypeVar

from flopsbench.host.cpu.cores import usable_cpus

Task = TypeVar("Task")
Done = TypeVar("Done")

FEW = 8  # tasks; as many are done sooner than a process starts


class Crew:
    """A Crew runs work in as many processes as there are ``jobs``, by default one per usable CPU.

    The processes start when they are first needed. They are spawned, not forked, so that they hold no lock that a
    thread of this process had. A Crew is a context manager; leaving it ends the processes.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs or usable_cpus()
        self._pool: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """Return what the work makes of every task, in the order of the tasks."""
        if self._jobs == 1 or len(tasks) <= FEW:
            return list(map(work, tasks))
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), _leave_interrupts_to_the_parent)
        return list(self._pool.map(work, tasks))

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=error is not None)


def _leave_interrupts_to_the_parent() -> None:
    """Ignore SIGINT, which the terminal sends to every process of the group."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
