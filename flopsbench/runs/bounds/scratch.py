"""Finds room for what a run keeps beside its Result: memory where that will do, else a temporary folder."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from flopsbench.errors import UsageError

SHOWN_BYTES = 1 << 12  # of what libraries printed


def scratch_file(flags: int = 0) -> IO[bytes]:
    """Return an empty file that no folder shows. On Linux it is in memory, and ``flags`` are those of memfd_create.

    Raise UsageError where there is neither such memory nor a temporary folder.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # where a sandbox forbids it
            return open(os.memfd_create("flopsbench", os.MFD_CLOEXEC | flags), "w+b")
    try:
        return tempfile.TemporaryFile()
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


@contextmanager
def unheard() -> Iterator[None]:
    """Keep what libraries print here to a file, by whatever way and both streams, and their warnings to nobody.

    Where this ends by an error, the end of what they printed goes to standard error: it may say why.
    """
    with scratch_file() as kept, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        streams = dict(_open_streams())
        try:
            _lead(dict.fromkeys(streams, kept.fileno()))
            yield
        except Exception:
            _lead(streams)
            kept.seek(max(0, kept.seek(0, os.SEEK_END) - SHOWN_BYTES))
            sys.stderr.write(kept.read().decode(errors="replace"))
            raise
        finally:
            _lead(streams)
            for stream in streams.values():
                os.close(stream)


def _open_streams() -> Iterator[tuple[int, int]]:
    """Yield the descriptors of standard output and standard error that are open, each with a copy."""
    for number in (1, 2):
        with suppress(OSError):
            yield number, os.dup(number)


def _lead(streams: Mapping[int, int]) -> None:
    """Let each stream, by its descriptor, lead to where another does, and what was written before to where it led."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there may be none, or one that is closed
            stream.flush()
    for number, other in streams.items():
        os.dup2(other, number)


def _nowhere(error: OSError) -> UsageError:
    return UsageError(f"no temporary folder can be written to ({error.strerror}): set TMPDIR to one that can")
