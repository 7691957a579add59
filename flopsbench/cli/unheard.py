"""Keeps away from the terminal what libraries print while this process itself loads and tries them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress


@contextmanager
def unheard() -> Iterator[None]:
    """Keep what libraries print here to a file, by whatever way and both streams, and their warnings to nobody.

    Where this ends by an error, the end of what they printed goes to standard error: it may say why.
    """
    from flopsbench.runs.bounds.guard import KEPT_BYTES
    from flopsbench.runs.bounds.scratch import scratch_file

    with scratch_file() as kept, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        streams = dict(_open_streams())
        try:
            _lead(dict.fromkeys(streams, kept.fileno()))
            yield
        except Exception:
            _lead(streams)
            kept.seek(max(0, kept.seek(0, os.SEEK_END) - KEPT_BYTES))
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
