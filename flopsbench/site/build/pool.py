"""Work spread over processes, in order, where there is enough of it to be worth their start."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

FEW = 8  # tasks that are done sooner than a process starts


class Crew:
    """As many processes as there are ``jobs``, by default as there are usable CPUs, started when first needed.

    They are spawned, so that they hold no lock that some thread of this process had. To be left like a file.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs or len(os.sched_getaffinity(0))
        self._pool: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """What the work makes of every task, in their order."""
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
