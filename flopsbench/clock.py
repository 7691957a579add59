"""How the time of a block is read: n back-to-back launches timed as one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

Launch = Callable[[], None]


class Elapsed(NamedTuple):
    """Seconds of one block: by the clock that counts, and by the host's clock where that is another one."""

    seconds: float
    host_seconds: float | None = None


class Clock(Protocol):
    """Times a block. Must return only when all of its launches have completed."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` back-to-back calls of ``launch``."""
        ...


class HostClock:
    """``time.perf_counter`` around a block, for launches that return only when they are done."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` calls, nothing but the calls between the two readings."""
        start = time.perf_counter()
        for _ in range(loops):
            launch()
        return Elapsed(time.perf_counter() - start)
