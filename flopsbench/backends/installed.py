"""Which backends are registered here, and why one of them cannot be used."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from flopsbench.backend import Backend
from flopsbench.errors import UsageError

GROUP = "flopsbench.backends"


@dataclass(frozen=True, slots=True)
class Absent:
    """A backend that is registered but whose library is not installed, with the command that installs it."""

    library: str
    install: str


def load_backends(only: Sequence[str] = ()) -> dict[str, Backend | Absent]:
    """The named backends, or every registered one, by name; a missing array library gives Absent.

    Any other error of an import is raised, but only for what was asked for. Raise UsageError for an unknown name.
    """
    targets = {entry.name: entry.value for entry in sorted(entry_points(group=GROUP))}
    for name in only:
        if name not in targets:
            raise UsageError(f"unknown backend {name!r}: registered are {', '.join(targets)}")
    return {name: _load(name, target) for name, target in targets.items() if not only or name in only}


def _load(name: str, target: str) -> Backend | Absent:
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


_INSTALL = {
    "torch": "pip install 'flopsbench[torch]'",
    "cupy": "pip install 'flopsbench[cuda12]'  (or cuda13, to match the driver)",
}
