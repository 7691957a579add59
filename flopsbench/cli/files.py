"""Writes files named on the command line: refused before any work is done, written whole, ``-`` for stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flopsbench.errors import UsageError

STDOUT = "-"


def check_target(option: str, target: str | None) -> None:
    """Raise UsageError for a file that cannot be written, before minutes are spent on what should go into it."""
    if target is None or target == STDOUT:
        return
    if not target or Path(target).is_dir() or not _can_be_written(Path(target)):
        raise UsageError(f"{option} {target or repr(target)}: no file can be written there")


def _can_be_written(path: Path) -> bool:
    """Return whether a file can be put there: in its folder, over an older one; a pipe or a device is written into."""
    if path.exists() and not os.access(path, os.W_OK):
        return False
    from flopsbench.result.files import is_stream

    real = Path(os.path.realpath(path))  # a link is followed, and leads nowhere if it ends in a link
    return is_stream(path) or (not real.is_symlink() and os.access(real.parent, os.W_OK))


def put(option: str, target: str, document: bytes) -> None:
    """Write a document; raise UsageError where that fails after all."""
    from flopsbench.result.files import write

    if target == STDOUT:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    try:
        write(Path(target), document)
    except OSError as error:
        raise UsageError(f"{option} {target or repr(target)} cannot be written ({error.strerror})") from None
