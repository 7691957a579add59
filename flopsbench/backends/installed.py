"""Loads the backends that are registered here, and says what is wrong with one, or what to install for it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import islice
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

from flopsbench.backend import Backend, Kernel, Launcher, Space
from flopsbench.backends.claims import LONGEST_TEXT, quoted
from flopsbench.device import Device
from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.result.keys import as_name, imitated, is_name
from flopsbench.result.types import LARGEST_INTEGER
from flopsbench.telemetry.cuda_error import library_missing
from flopsbench.text import error_line, first_line
from flopsbench.words.reason import Reason

GROUP = "flopsbench.backends"
MOST = 1000  # kernels and devices of one backend, which may make them up as they are asked for
# By the module whose import fails: how to install it with flopsbench.
_INSTALL = {
    "torch": "pip install 'flopsbench[torch]'",
    "cupy": "pip install 'flopsbench[cuda12]'  (or cuda13, to match the driver)",
}

# How a library of CUDA's is brought that either cannot load.
_REPAIR = {
    "torch": "pip install --force-reinstall torch",
    "cupy": "pip install --upgrade 'cupy-cuda12x[ctk]'  (or cupy-cuda13x, to match the driver)",
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
        raise UsageError(Reason("space_unknown", space=repr(backend.space), known=", ".join(SPACES)))
    space: Space = resolve_name(SPACES[backend.space])
    return space


# What each built-in backend is loaded from: no entry point takes such a name.
BUILT_IN = {name: f"{__package__}.{name}" for name in SPACES}


@dataclass(frozen=True, slots=True)
class Broken:
    """A Broken stands for a backend that cannot be used: its kernels fail wherever they are asked for, with the reason.

    ``kernels`` are those that were asked for of it by name; where none were, it has one called "default".
    """

    name: str
    why: str
    kernels: tuple[str, ...] = ()

    @property
    def space(self) -> str:
        """Return a library that is always there; no kernel comes as far as an array."""
        return "numpy"

    @property
    def KERNELS(self) -> dict[str, Kernel]:
        """Return its kernels, each of which raises FlopsbenchError with the reason."""
        return dict.fromkeys(self.kernels or ("default",), self._fail)

    def _fail(self, *_: object) -> Launcher:
        raise FlopsbenchError(self.why)


Loaded = Backend | Absent | Broken


def registered() -> dict[str, str]:
    """Return what each registered backend is loaded from, by its name: each name's first, the built-in ones' own."""
    entries = sorted(entry_points(group=GROUP), reverse=True)
    return dict(
        sorted(
            (
                {entry.name: entry.value for entry in entries if is_name(entry.name) and not imitated(entry.name)}
                | BUILT_IN
            ).items()
        )
    )


def refused() -> dict[str, Broken]:
    """Return the entry points that are not loaded, by the module they name: their name is another's, or is none."""
    taken, entries = registered(), sorted(entry_points(group=GROUP))
    strangers = [entry for entry in entries if taken.get(entry.name) != entry.value]
    found = [Broken(as_name(entry.value), Reason("name_refused", name=quoted(entry.name))) for entry in strangers]
    return {each.name: each for each in found}


def ignore_import(name: str) -> None:
    """Do nothing with the name of a backend that is about to be imported."""


def load_backends(
    only: Sequence[str] = (),
    broken: Mapping[str, Broken] = MappingProxyType({}),
    on_import: Callable[[str], None] = ignore_import,
) -> dict[str, Loaded]:
    """Return the named backends, or every registered one, by name; a missing array library gives Absent.

    Only these are imported, and what is wrong with one gives Broken; those in ``broken`` are not imported, and
    ``on_import`` is called with the name of each that is. Raise UsageError for an unknown name.
    """
    targets = registered()
    for name in only:
        if name not in targets:
            raise UsageError(Reason("backend_unknown", name=repr(name), known=", ".join(targets)))
    found: dict[str, Loaded] = {}
    for name in (name for name in targets if not only or name in only):
        if name not in broken:
            on_import(name)
        found[name] = broken[name] if name in broken else _load(name, targets[name])
    return found if only else found | refused()


def _load(name: str, target: str) -> Loaded:
    """Import the backend that an entry point names, as "module" or "module:attribute"."""
    module_name, _, attribute = target.partition(":")
    try:
        module: Any = importlib.import_module(module_name)
        backend = getattr(module, attribute) if attribute else module
        return sound(name, backend)
    except ModuleNotFoundError as error:
        install = _INSTALL.get((error.name or "").partition(".")[0])
        return Absent(name, install) if install else not_imported(name, error)
    except BaseException as error:  # SystemExit, too: a stranger's module may do anything
        return not_imported(name, error)


def not_imported(name: str, error: BaseException) -> Broken:
    """Return a backend as broken whose import raised an error; cupy wraps what it met in advice of many lines."""
    while isinstance(error, ImportError) and isinstance(error.__cause__, ImportError):
        error = error.__cause__
    missing = library_missing(error_line(error), _REPAIR[name]) if name in _REPAIR else None
    return Broken(name, missing or Reason("not_imported", error=error_line(error)))


def sound(name: str, backend: Any) -> Backend | Broken:
    """Return a backend that names a space and its kernels as the contract says, or what is wrong with it."""
    space, kernels = getattr(backend, "space", None), getattr(backend, "KERNELS", None)
    if isinstance(space, str) and space not in SPACES:
        return Broken(name, Reason("unknown_space", space=quoted(space), known=", ".join(SPACES)))
    if not isinstance(space, str) and not callable(getattr(space, "devices", None)):
        return Broken(name, Reason("no_space", told=quoted(space)))
    if not isinstance(kernels, Mapping) or not 0 < len(kernels) <= MOST:
        return Broken(name, Reason("no_kernels", told=quoted(kernels)))
    for kernel, prepare in kernels.items():
        if not (isinstance(kernel, str) and is_name(kernel) and callable(prepare)):
            return Broken(name, Reason("no_kernels", told=quoted(kernel)))
    sound_backend: Backend = backend
    return sound_backend


def devices_of(name: str, backend: Backend) -> list[Device] | Broken:
    """Return the devices that a backend's space reaches, or what is wrong with what it says of them."""
    try:
        found = list(islice(space_of(backend).devices(), MOST))
    except BaseException as error:  # a driver may end in any way
        return Broken(name, Reason("no_devices", error=error_line(error)))
    wrong = [device for device in found if not _is_device(device)]
    return Broken(name, Reason("no_device", told=quoted(wrong[0]))) if wrong else found


def why_no_gpu(backends: Mapping[str, Loaded], on_ask: Callable[[str], None] = ignore_import) -> dict[str, str]:
    """Return why each backend reaches no GPU, or not all of them, by its name; no word of those that do not say.

    ``on_ask`` is called with the name of each before it is asked.
    """
    told = {}
    for name, backend in backends.items():
        if not isinstance(backend, Absent | Broken):
            on_ask(name)
            told[name] = _doubt(backend)
    return {name: reason for name, reason in told.items() if reason is not None}


def _doubt(backend: Backend) -> str | None:
    """Return what the space of a backend says of GPUs that are out of its reach; not every space says something."""
    try:
        ask = getattr(space_of(backend), "why_no_gpu", None)
        told = ask() if callable(ask) else None
        return told if told is None or isinstance(told, Reason) else first_line(str(told))
    except BaseException as error:  # a driver may end in any way
        return error_line(error)


def _is_device(device: object) -> bool:
    """Return whether this is a device that a document can name."""
    if not isinstance(device, Device):
        return False
    counts = (device.index, device.units or 0, device.memory_bytes or 0, device.cache_bytes or 0)
    texts = (device.kind, device.name, device.vendor or "", device.arch or "", device.uuid or "")
    return (
        all(type(count) is int and 0 <= count <= LARGEST_INTEGER for count in counts)
        and all(isinstance(text, str) and text.isprintable() and len(text) <= LONGEST_TEXT for text in texts)
        and is_name(device.kind)
        and not {" ", ":"} & set(device.kind)
        and (device.clock_max_hz is None or 0 < device.clock_max_hz < math.inf)
    )
