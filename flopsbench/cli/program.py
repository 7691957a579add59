"""Tells by which command this program was called, so that the commands it names can be copied."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def called_as(argument: str | None = None) -> str:
    """Return what a shell must be told to call this program again, as it was called: ``sys.argv[0]``, or a path to it.

    That is its name alone where the shell finds this very program by it, and Python's -m for a module.
    """
    argument = sys.argv[0] if argument is None else argument
    path = Path(argument)
    if path.name == "__main__.py":
        return shlex.join([sys.executable, "-m", path.parent.name])
    found = shutil.which(path.name)
    is_found = bool(found) and path.exists() and path.samefile(found or path)
    return shlex.quote(path.name if is_found else argument)
