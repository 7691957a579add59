"""flopsbench: the ruler of compute. ``run`` measures this machine, ``load`` reads a Result.

Importing this package loads no array library; both functions load what they need when they are called.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopsbench.result import Result

__all__ = ["load", "run"]


def run(device: str | Sequence[str] = "auto", **options: Any) -> Result:
    """Measure this machine and return the Result; ``flopsbench.runner.run`` lists the options."""
    from flopsbench.runner import run

    return run(device, **options)


def load(path: str | os.PathLike[str]) -> Result:
    """Read a Result from a file; raise DocumentRejected, with the file's name, when it is not one."""
    from flopsbench.result import load

    return load(path)
