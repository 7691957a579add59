"""Times blocks of launches: by the host's clock, with a wait for a device, or by events on a GPU.

The clocks of GPUs show the host's clock beside the device's. Each loads its own array library when it is read, so that
neither library needs the other. The host's seconds run from before the first launch to after the last has
completed. They include the cost of launching and of waiting, so they are a little longer. A larger disagreement shows
work that the events did not see, or a wrong clock. Both waits are for the whole device, whatever stream a launch uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter  # bound before a kernel is imported
from typing import NamedTuple, Protocol

Launch = Callable[[], object]  # what it returns is dropped


class Elapsed(NamedTuple):
    """Elapsed is the time of one block in seconds: by the clock that counts, and by the host's if that is another."""

    seconds: float
    host_seconds: float | None = None


class Clock(Protocol):
    """A Clock times a block of launches. It must return only when all of them have completed."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` back-to-back calls of ``launch``."""
        ...


def return_at_once() -> None:
    """Return at once: a launch that is done when it returns needs no wait."""


@dataclass(frozen=True, slots=True)
class HostClock:
    """A HostClock times a block by ``time.perf_counter``, for launches that return only when they are done.

    Where they may return before, ``sync`` waits for the device: at the end of a block, and before it, so that work
    which was enqueued earlier is not counted to it.
    """

    sync: Launch = return_at_once

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` calls and of the wait for the last of them."""
        self.sync()
        start = perf_counter()
        for _ in range(loops):
            launch()
        self.sync()
        return Elapsed(perf_counter() - start)


class CupyEventClock:
    """A CupyEventClock times a block between two CUDA events of cupy's current stream on the current device."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches, all of them completed, by the device and by the host."""
        import cupy

        device, stream = cupy.cuda.Device(), cupy.cuda.get_current_stream()
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        device.synchronize()  # work that was enqueued earlier, on any stream, belongs to no block
        host_start = perf_counter()
        start.record(stream)
        for _ in range(loops):
            launch()
        end.record(stream)
        device.synchronize()  # a launch may have enqueued on another stream, which the events do not see
        host_seconds = perf_counter() - host_start
        return Elapsed(cupy.cuda.get_elapsed_time(start, end) / 1e3, host_seconds)


class TorchEventClock:
    """A TorchEventClock times a block between two events of torch's current stream on the GPU of that index."""

    def __init__(self, index: int) -> None:
        self.index = index

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches, all of them completed, by the device and by the host."""
        import torch

        with torch.cuda.device(self.index):
            stream = torch.cuda.current_stream()
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]  # torch's stubs
            torch.cuda.synchronize(self.index)
            host_start = perf_counter()
            start.record(stream)
            for _ in range(loops):
                launch()
            stop.record(stream)
            torch.cuda.synchronize(self.index)
            host_seconds = perf_counter() - host_start
        return Elapsed(start.elapsed_time(stop) / 1e3, host_seconds)
