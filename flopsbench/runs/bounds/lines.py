"""Reads lines from a process, and waits for none longer than it is told to."""

from __future__ import annotations

import os
import select
import time

CHUNK_BYTES = 1 << 16
LONGEST_BYTES = 1 << 24  # of a line; the longest of an honest worker names its cases, a thousand in a megabyte
MILLISECONDS = 1000


class LineReader:
    """A LineReader reads the lines that come through a descriptor; nothing else may read from it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""
        self._waiting = select.poll()
        self._waiting.register(descriptor, select.POLLIN)

    def line(self, limit_s: float) -> bytes:
        """Return the next line, or what there is of it where the process ends.

        Raise TimeoutError where none comes, OverflowError where it has no end.
        """
        deadline_s = time.monotonic() + limit_s
        while b"\n" not in self._rest:
            if not self._waiting.poll(max(0.0, deadline_s - time.monotonic()) * MILLISECONDS):
                raise TimeoutError
            part = os.read(self._descriptor, CHUNK_BYTES)
            if not part:
                line, self._rest = self._rest, b""
                return line
            self._rest += part
            if len(self._rest) > LONGEST_BYTES:
                raise OverflowError(f"a line of more than {LONGEST_BYTES >> 20} MiB")
        line, self._rest = self._rest.split(b"\n", 1)
        return line + b"\n"
