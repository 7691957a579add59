"""Reads lines from a process, and waits for none longer than it is told to."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread

CHUNK_BYTES = 1 << 16
LONGEST_BYTES = 1 << 24  # of a line; the longest of an honest worker names its cases, a thousand in a megabyte
MILLISECONDS = 1000
# Returns some bytes, none at the end; raises TimeoutError where they do not come within so many seconds.
Reading = Callable[[float], bytes]


class LineReader:
    """A LineReader reads the lines that come through a descriptor; nothing else may read from it."""

    def __init__(self, descriptor: int) -> None:
        self._read = (_polled if hasattr(select, "poll") else _pumped)(descriptor)
        self._rest = b""

    def line(self, limit_s: float) -> bytes:
        """Return the next line, or what there is of it where the process ends.

        Raise TimeoutError where none comes, OverflowError where it has no end.
        """
        deadline_s = time.monotonic() + limit_s
        while b"\n" not in self._rest:
            part = self._read(max(0.0, deadline_s - time.monotonic()))
            if not part:
                line, self._rest = self._rest, b""
                return line
            self._rest += part
            if len(self._rest) > LONGEST_BYTES:
                raise OverflowError(f"a line of more than {LONGEST_BYTES >> 20} MiB")
        line, self._rest = self._rest.split(b"\n", 1)
        return line + b"\n"


def _polled(descriptor: int) -> Reading:
    """Read where a system says when there is something to be read."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)

    def read(limit_s: float) -> bytes:
        if not waiting.poll(limit_s * MILLISECONDS):
            raise TimeoutError
        return os.read(descriptor, CHUNK_BYTES)

    return read


def _pumped(descriptor: int) -> Reading:
    """Read by a thread that waits for as long as it takes: Windows does not say it of pipes.

    It has a descriptor of its own, which nobody closes while it reads. Of what is never asked for it takes a line's
    worth, and then waits for good.
    """
    parts, own = Queue[bytes](LONGEST_BYTES // CHUNK_BYTES), os.dup(descriptor)

    def pump() -> None:
        with open(own, "rb", buffering=0) as pipe:
            while part := pipe.read(CHUNK_BYTES):
                parts.put(part)
        parts.put(b"")

    def read(limit_s: float) -> bytes:
        try:
            part = parts.get(timeout=limit_s)
        except Empty:
            raise TimeoutError from None
        if not part:
            parts.put(part)  # the end is the end, however often it is asked for
        return part

    Thread(target=pump, daemon=True).start()
    return read
