"""Reads the package's own sources as syntax trees, for the tests of the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "flopsbench"
DOORS = {"__init__", "__main__"}  # of a folder: they stand for it, and are no modules of their own


@cache
def modules() -> tuple[Path, ...]:
    """Return every file of Python in the package, sorted."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text())


def place(path: Path) -> str:
    """Return where a module lies in the package, "track/ab/side.py"."""
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    """Return the folder or the module at the top of the package that a file belongs to: "track", "units"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def definitions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield every function, method and class of a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
