"""Loads kernels that are brought without any registration: as ``mypackage.mymodule:prepare``, or the path of a file."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from flopsbench.backend import Kernel, Space
from flopsbench.errors import UsageError

USUAL = "prepare"  # the function, where only a file is named
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,38}")


@dataclass(frozen=True, slots=True)
class Brought:
    """A Brought is the backend that one function of a module makes: named by the module, its kernel by the function."""

    name: str
    space: str | Space
    KERNELS: Mapping[str, Kernel]


def is_brought(kernel: str) -> bool:
    """Return whether a name on the command line means a function or a file, not the kernel of a registered backend."""
    return ":" in kernel or kernel.endswith(".py")


def brought_name(kernel: str) -> tuple[str, str]:
    """Return backend and kernel as documents name them, without any path: ("mymodule", "prepare").

    Raise UsageError for what is no name of a module and a function.
    """
    place, _, function = kernel.partition(":")
    stem = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    names = stem, function or USUAL
    if not all(NAME.fullmatch(name) for name in names):
        raise UsageError(f"kernel {kernel!r}: write mypackage.mymodule:prepare, or the path of a file, file.py:prepare")
    return names


def load_brought(kernel: str) -> Brought:
    """Import the module or the file, and return its function as a backend.

    Raise UsageError where there is no such file, module or function, or it does not name its space.
    """
    name, function = brought_name(kernel)
    module = _module(kernel.partition(":")[0], name)
    prepare: Any = getattr(module, function, None)
    if not callable(prepare):
        raise UsageError(f"kernel {kernel!r}: {name} has no function {function!r}")
    space = getattr(module, "space", None)
    if space is None:
        raise UsageError(f'kernel {kernel!r}: {name} names no space: space = "numpy", "torch" or "cupy"')
    return Brought(name, space, {function: prepare})


def _module(place: str, name: str) -> ModuleType:
    """Import a module by its dotted name, or a file by its path."""
    if not place.endswith(".py"):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            raise UsageError(f"kernel module {place!r}: {error}") from error
    if not Path(place).is_file():
        raise UsageError(f"kernel file {Path(place).name!r}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # as an import does, for classes that look their module up
    spec.loader.exec_module(module)
    return module
