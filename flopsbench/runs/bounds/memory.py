"""Bounds what a worker may allocate, and tells by an error's words that it ran out."""

from __future__ import annotations

import sys

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

# Every library has an error class of its own for it, or ends its process, but says one of these.
WORDS = ("out of memory", "memoryerror", "bad_alloc", "cannot allocate memory", "memory allocation", "too much memory")


def check_bound(most_bytes: int | None) -> None:
    """Raise UsageError for a limit on a system that holds no process to it.

    Linux alone counts what is private and can be written. What is only reserved, as CUDA does with hundreds of GiB, is
    free there; others count it, too, or nothing.
    """
    if most_bytes is not None and sys.platform != "linux":
        raise UsageError(Reason("memory_not_bound"))


def bound_memory(most_bytes: int) -> None:
    """Let this process allocate no more; each process it starts may have as much again."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def gave_out(words: str) -> Reason:
    """Return that memory ran out below the limit that the user set, which an error says in these words."""
    return Reason("memory_gave_out", last_words=words)


def ran_out(words: str) -> bool:
    """Return whether what an error says, or a process at its end, means that there was no memory left."""
    lowered = words.lower()
    return any(word in lowered for word in WORDS)
