"""Writes files named on the command line: refused before any work is done, written whole, ``-`` for stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

STDOUT = "-"


def check_target(option: str, target: str | None) -> str | None:
    """Return a target, ``-`` for standard output under any name; raise UsageError for a file that cannot be written."""
    from flopsbench.result.files import refuse_unwritable

    if target is not None and is_stdout(target):
        return STDOUT
    if target is not None:
        refuse_unwritable(option, target)
    return target


def is_stdout(target: str) -> bool:
    """Return whether a target is standard output, by its name or by that of the file it is redirected to.

    Opened once more it would be written from its beginning, over what was printed.
    """
    try:
        return target == STDOUT or os.path.samestat(os.stat(target), os.fstat(1))
    except (OSError, ValueError):  # no such file; a NUL in its name; no standard output
        return False


def put(option: str, target: str, document: bytes) -> None:
    """Write a document; raise UsageError where that fails after all."""
    from flopsbench.result.files import write, writing

    if is_stdout(target):
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    with writing(f"{option} {target or repr(target)}"):
        write(Path(target), document)
