"""The event clocks of GPUs: two events on the device around a block, the host's clock beside them.

Each asks its own array library, which is loaded when the clock is read: neither needs the other's.

The host's seconds run from before the first launch to after the last has completed. They include the cost of
launching and of waiting, so they are a little longer; two clocks that disagree by more show work that the events did
not see, or a clock that lies.
"""

from __future__ import annotations

import time

from flopsbench.backend import Elapsed, Launch


class CupyEventClock:
    """Times a block between two CUDA events of the current stream of cupy."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` launches that all completed, by the device and by the host."""
        import cupy

        stream = cupy.cuda.get_current_stream()
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        stream.synchronize()  # what was enqueued earlier belongs to nobody's block
        host_start = time.perf_counter()
        start.record(stream)
        for _ in range(loops):
            launch()
        end.record(stream)
        end.synchronize()
        host_seconds = time.perf_counter() - host_start
        return Elapsed(cupy.cuda.get_elapsed_time(start, end) / 1e3, host_seconds)


class TorchEventClock:
    """Times a block between two events of the current stream of torch on the GPU of that index."""

    def __init__(self, index: int) -> None:
        self.index = index

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` launches that all completed, by the device and by the host."""
        import torch

        with torch.cuda.device(self.index):
            # torch's stubs leave the constructor of an event untyped
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
            host_start = time.perf_counter()
            start.record()
            for _ in range(loops):
                launch()
            stop.record()
            stop.synchronize()
            host_seconds = time.perf_counter() - host_start
        return Elapsed(start.elapsed_time(stop) / 1e3, host_seconds)
