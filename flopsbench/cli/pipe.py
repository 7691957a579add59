"""Lets a reader of standard output, such as head or less, leave before everything is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Drop what is printed after the reader has gone: that is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except SystemExit as ended:  # rich answers a broken pipe by ending the program
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        _discard()


def _discard() -> None:
    """Send whatever is still to be printed nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
