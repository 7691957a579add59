"""Finds room for what a run keeps beside its Result: memory where that will do, else a temporary folder."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason


def scratch_file(flags: int = 0) -> IO[bytes]:
    """Return an empty file that no folder shows. On Linux it is in memory, and ``flags`` are those of memfd_create.

    Raise UsageError where there is neither such memory nor a temporary folder.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library has no such call, a sandbox forbids it
            return open(os.memfd_create("flopsbench", os.MFD_CLOEXEC | flags), "w+b")
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise _nowhere(error) from None


def named_scratch_file() -> tuple[int, str]:
    """Return the descriptor and the path of an empty file in a temporary folder, which whoever asks has to remove.

    Raise UsageError where there is no such folder.
    """
    try:
        return tempfile.mkstemp(prefix="flopsbench-")
    except OSError as error:
        raise _nowhere(error) from None


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder that is gone afterwards; raise UsageError where none can be made."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="flopsbench-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _nowhere(error) from None
    with folder as name:
        yield Path(name)


def _nowhere(error: OSError) -> UsageError:
    return UsageError(Reason("no_scratch_folder", error=error.strerror))
