"""A reader of standard output that has seen enough: head, less."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """What is printed after the reader has gone goes nowhere, and is no error."""
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
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
