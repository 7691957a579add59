"""Loads kernels that are brought without any registration: as ``mypackage.mymodule:prepare``, or the path of a file."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from flopsbench.backend import Kernel, Space
from flopsbench.backends.installed import Broken, ignore_import, not_imported, registered, sound
from flopsbench.errors import UsageError
from flopsbench.result.keys import imitated
from flopsbench.text import error_line
from flopsbench.words.reason import Reason

USUAL = "prepare"  # the function, where only a file is named
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,38}")


@dataclass(frozen=True, slots=True)
class Brought:
    """A Brought is the backend that functions of a module make: named by the module, its kernels by the functions."""

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
        raise UsageError(Reason("kernel_form", kernel=repr(kernel)))
    return names


def load_brought(
    kernels: Sequence[str],
    broken: Mapping[str, Broken] = MappingProxyType({}),
    on_import: Callable[[str], None] = ignore_import,
) -> dict[str, Brought | Broken]:
    """Import the modules and files, and return their functions as backends, by the backend's name.

    What cannot be imported or names no space gives Broken, and those in ``broken`` are not imported; ``on_import`` is
    called with the name of each that is. Raise UsageError where there is no such file, module or function, and where
    the name belongs to another.
    """
    places: dict[str, str] = {}
    found: dict[str, Brought | Broken] = {}
    for kernel in kernels:
        (name, function), place = brought_name(kernel), kernel.partition(":")[0]
        if name in registered() or imitated(name) or places.setdefault(name, place) != place:
            raise UsageError(Reason("kernel_file_name_taken", kernel=repr(kernel), name=imitated(name) or name))
        if name not in broken:
            on_import(name)
        known = found[name].KERNELS if name in found else {}
        brought = broken.get(name) or _loaded(kernel, place, name, function)
        found[name] = (
            replace(brought, kernels=tuple(dict.fromkeys([*known, function])))
            if isinstance(brought, Broken)
            else Brought(name, brought.space, {**known, **brought.KERNELS})
        )
    return found


def _loaded(kernel: str, place: str, name: str, function: str) -> Brought | Broken:
    """Return one function of a module as a backend."""
    try:
        module = _module(place, name)
        prepare: Any = getattr(module, function, None)
        space: Any = getattr(module, "space", None)
    except UsageError:
        raise
    except BaseException as error:  # whatever its author made of it
        return not_imported(name, error)
    if not callable(prepare):
        raise UsageError(Reason("kernel_without_function", kernel=repr(kernel), name=name, function=repr(function)))
    fit = sound(name, Brought(name, space, {function: prepare}))
    return fit if isinstance(fit, Broken) else Brought(name, space, {function: prepare})


def _module(place: str, name: str) -> ModuleType:
    """Import a module by its dotted name, or a file by its path; raise UsageError where there is none."""
    if place.endswith(".py"):
        if not Path(place).is_file():
            raise UsageError(Reason("kernel_file_missing", file=repr(Path(place).name)))
        return _file(place, name)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if f"{place}.".startswith(f"{error.name}."):
            raise UsageError(Reason("kernel_not_imported", kernel=repr(place), error=error_line(error))) from error
        raise


def _file(place: str, name: str) -> ModuleType:
    """Import a file once, under a name that no module has: one called json.py must not take another's place."""
    unique = f"brought {name}"
    if unique in sys.modules:
        return sys.modules[unique]
    spec = importlib.util.spec_from_file_location(unique, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module  # as an import does, for classes that look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module
