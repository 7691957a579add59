"""The clock of a CUDA stream: two events on the device, the host's clock beside them."""

from __future__ import annotations

import time

import cupy

from flopsbench.clock import Elapsed, Launch


class EventClock:
    """Times a block between two CUDA events of the current stream.

    The host's seconds run from before the first launch to after the last has completed. They include the cost of
    launching and of waiting, so they are a little longer; two clocks that disagree by more show work that the
    events did not see, or a clock that lies.
    """

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` launches that all completed, by the device and by the host."""
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
