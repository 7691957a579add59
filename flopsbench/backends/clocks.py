"""Times blocks on GPUs by two events on the device, with the host's clock beside them.

Each clock loads its own array library when it is read, so that neither library needs the other.

The host's seconds run from before the first launch to after the last has completed. They include the cost of
launching and of waiting, so they are a little longer. A larger disagreement shows work that the events did not see,
or a wrong clock.
"""

from __future__ import annotations

import time

from flopsbench.backend import Elapsed, Launch


class CupyEventClock:
    """A CupyEventClock times a block between two CUDA events of cupy's current stream."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches, all of them completed, by the device and by the host."""
        import cupy

        stream = cupy.cuda.get_current_stream()
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        stream.synchronize()  # work that was enqueued earlier belongs to no block
        host_start = time.perf_counter()
        start.record(stream)
        for _ in range(loops):
            launch()
        end.record(stream)
        end.synchronize()
        host_seconds = time.perf_counter() - host_start
        return Elapsed(cupy.cuda.get_elapsed_time(start, end) / 1e3, host_seconds)


class TorchEventClock:
    """A TorchEventClock times a block between two events of torch's current stream on the GPU of that index."""

    def __init__(self, index: int) -> None:
        self.index = index

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches, all of them completed, by the device and by the host."""
        import torch

        with torch.cuda.device(self.index):
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]  # torch's stubs
            torch.cuda.synchronize()
            host_start = time.perf_counter()
            start.record()
            for _ in range(loops):
                launch()
            stop.record()
            stop.synchronize()
            host_seconds = time.perf_counter() - host_start
        return Elapsed(start.elapsed_time(stop) / 1e3, host_seconds)
