"""Measures GEMM rates, as the ruler of compute: ``run`` measures this machine, ``load`` reads a Result.

Importing this package loads no array library, and neither function's own modules until it is asked for.

PYTEST_DONT_REWRITE: the package of the pytest plugin may be imported before a session begins.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it: the module typing takes half of the time that a guard takes to start
if TYPE_CHECKING:
    from typing import Any

    from flopsbench.result.files import load
    from flopsbench.runs.run import run

__all__ = ["load", "run"]

_HOME = {"load": "flopsbench.result.files", "run": "flopsbench.runs.run"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
