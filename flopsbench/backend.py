"""The backend contract: an array library, the devices it reaches and the kernels it can run on them.

A backend is a module (or any object) with two names, ``KERNELS`` and ``devices``, registered under the
entry-point group ``flopsbench.backends``. The built-in ones come through the same door. There is no
``supports()``: one asks by trying, and ``Unsupported`` becomes a row of the Result with its reason.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from itertools import cycle
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from flopsbench.clock import Clock, Launch
from flopsbench.device import Device
from flopsbench.errors import UsageError
from flopsbench.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    HostArray = NDArray[np.generic]

GROUP = "flopsbench.backends"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Compute:
    """What really ran, because a name can lie.

    ``a``, ``b``, ``c`` are the storage formats, ``accumulate`` the format of the sums, ``library`` the code that
    did it with its version ("OpenBLAS 0.3.30 SkylakeX"), ``math`` the mode it was in ("ieee", "tf32",
    "fast_accum"), ``threads`` how many threads it uses on a CPU.
    """

    a: str
    b: str
    c: str
    accumulate: str
    library: str
    math: str = "ieee"
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Operands:
    """A (m x k), B (k x n) and C (m x n) of the last launch on the host, logical orientation, exact values.

    Formats numpy lacks (bf16, fp8) come as float32, which holds them exactly; ``scale`` is what A·B was
    multiplied by (the product of FP8 scales), so that C should equal scale·A·B.
    """

    a: HostArray
    b: HostArray
    c: HostArray
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """One GEMM, ready to be launched many times.

    ``launch`` enqueues one GEMM on the next set of operands and may return early; ``clock`` knows when a block is
    done. ``spoil`` overwrites every C (with NaN, or the smallest integer), so that a launch that does nothing
    cannot show yesterday's product. ``operands`` fetches A, B, C of the last launch. ``compute`` says what ran.
    """

    launch: Launch
    spoil: Callable[[], None]
    operands: Callable[[], Operands]
    clock: Clock
    compute: Compute
    sets: int = 1
    notes: tuple[str, ...] = field(default=())


class Rotation(Generic[T]):
    """Sets of operands taken in turn; ``last`` is the one the last launch used."""

    def __init__(self, sets: Sequence[T]) -> None:
        self.sets = sets
        self.last = sets[-1]
        self._turn = cycle(sets)

    def next(self) -> T:
        """The next set, which becomes the last."""
        self.last = next(self._turn)
        return self.last


Kernel = Callable[[Problem, Device], Job]


class Backend(Protocol):
    """An array library: the devices it reaches and the kernels it can run on them."""

    @property
    def KERNELS(self) -> Mapping[str, Kernel]:
        """Kernel name -> prepare(problem, device); the first is the default. Prepare may raise Unsupported."""
        ...

    def devices(self) -> Sequence[Device]:
        """The devices this library reaches here, possibly none."""
        ...


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
