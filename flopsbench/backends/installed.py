"""Loads the backends that are registered here, and says what to install for one whose library is missing."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import Any

from flopsbench.backend import Backend, Space
from flopsbench.errors import UsageError

GROUP = "flopsbench.backends"
# By the module whose import fails: how to install it with flopsbench.
_INSTALL = {
    "torch": "pip install 'flopsbench[torch]'",
    "cupy": "pip install 'flopsbench[cuda12]'  (or cuda13, to match the driver)",
}


@dataclass(frozen=True, slots=True)
class Absent:
    """An Absent is a registered backend whose library is not installed, with the command that installs it."""

    library: str
    install: str


# The array libraries that flopsbench owns, by the name that a backend asks for them by.
# None lies in a module called "space": loading that would put the module in the place of its backend's `space`.
SPACES = {
    "numpy": "flopsbench.backends.numpy.arrays:space",
    "torch": "flopsbench.backends.torch.arrays:space",
    "cupy": "flopsbench.backends.cupy.arrays:space",
}


def space_of(backend: Backend) -> Space:
    """Return the space of a backend: one of flopsbench's own by its name, or what the backend brings itself."""
    if not isinstance(backend.space, str):
        return backend.space
    if backend.space not in SPACES:
        raise UsageError(f"unknown space {backend.space!r}: flopsbench has {', '.join(SPACES)}")
    space: Space = resolve_name(SPACES[backend.space])
    return space


def registered() -> dict[str, str]:
    """Return what each registered backend is loaded from, by its name."""
    return {entry.name: entry.value for entry in sorted(entry_points(group=GROUP))}


def load_backends(only: Sequence[str] = ()) -> dict[str, Backend | Absent]:
    """Return the named backends, or every registered one, by name; a missing array library gives Absent.

    Only these are imported, and every other error of an import is raised. Raise UsageError for an unknown name.
    """
    targets = registered()
    for name in only:
        if name not in targets:
            raise UsageError(f"unknown backend {name!r}: registered are {', '.join(targets)}")
    return {name: _load(name, target) for name, target in targets.items() if not only or name in only}


def _load(name: str, target: str) -> Backend | Absent:
    """Import the backend that an entry point names, as "module" or "module:attribute"."""
    module_name, _, attribute = target.partition(":")
    try:
        module: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        install = _INSTALL.get((error.name or "").partition(".")[0])
        if install is None:
            raise
        return Absent(name, install)
    backend: Backend = getattr(module, attribute) if attribute else module
    return backend
