"""Defines the work that is timed, and what a backend is: the devices it reaches and the kernels it can run on them.

A backend is a module (or any object) with two names, ``KERNELS`` and ``devices``, registered under the
entry-point group ``flopsbench.backends``, as the built-in ones are. There is no ``supports()``: a caller prepares
the problem, and ``Unsupported`` becomes a row of the Result with its reason.

Whoever writes a backend imports from this module alone: ``__all__`` is everything there is to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from flopsbench.clocks import Clock, CupyEventClock, Elapsed, HostClock, Launch, TorchEventClock
from flopsbench.device import KINDS, Device, Kind
from flopsbench.dtype import DTYPES, DType
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.problem import GEMM, OPS, Amount, Op, Problem, operand_sets
from flopsbench.result.types import Ceiling, Telemetry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    HostArray = NDArray[np.generic]

__all__ = [
    "DTYPES",
    "GEMM",
    "KINDS",
    "OPS",
    "Amount",
    "Backend",
    "Ceiling",
    "Clock",
    "Compute",
    "CupyEventClock",
    "DType",
    "Device",
    "Elapsed",
    "FlopsbenchError",
    "Gemm",
    "HostClock",
    "Kernel",
    "Kind",
    "Launch",
    "Op",
    "Operands",
    "Problem",
    "Rotation",
    "Telemetry",
    "TorchEventClock",
    "Unsupported",
    "Work",
    "operand_sets",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Compute:
    """Compute is what really ran, which the name of a kernel may not say.

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
    """Operands are A (m x k), B (k x n) and C (m x n) of the last launch, on the host, whatever their layout was.

    Values are exact: formats that numpy lacks (bf16, fp8) come as float32, which holds them exactly. ``scale`` is
    the product of FP8 scales, so that C should equal scale·A·B.
    """

    a: HostArray
    b: HostArray
    c: HostArray
    scale: float = 1.0


def keep_output() -> None:
    """Keep what a launch wrote: nothing is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A Work is what is timed: something that can be launched many times, and how much each launch does.

    ``launch`` enqueues one launch and may return early; ``clock`` knows when a block of them is done. ``amount`` is the
    work of one launch. ``spoil`` overwrites what a launch writes, so that a launch which does nothing cannot show
    an older output.
    """

    launch: Launch
    clock: Clock
    amount: Amount
    spoil: Callable[[], None] = keep_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Gemm(Work):
    """A Gemm is Work whose product can be proven.

    Each launch takes the next of ``sets`` sets of operands. ``spoil`` overwrites every C, with NaN or the smallest
    integer. ``operands`` fetches A, B, C of the last launch. ``compute`` says what ran, ``notes`` what else a reader
    has to know of it.
    """

    operands: Callable[[], Operands]
    compute: Compute
    sets: int = 1
    notes: tuple[str, ...] = ()


class Rotation(Generic[T]):
    """A Rotation takes sets of operands in turn; ``last`` is the one that the last launch used."""

    def __init__(self, sets: Sequence[T]) -> None:
        self.sets = sets
        self.last = sets[-1]
        self._turn = cycle(sets)

    def next(self) -> T:
        """Return the next set, which becomes the last."""
        self.last = next(self._turn)
        return self.last


# Prepares a problem on a device. A function with an attribute ``op``, a name in OPS, does that; any other a GEMM.
Kernel = Callable[[Problem, Device], Work]


class Backend(Protocol):
    """A Backend is an array library: the devices it reaches and the kernels it can run on them."""

    @property
    def KERNELS(self) -> Mapping[str, Kernel]:
        """Return the function that prepares each kernel, by the kernel's name; the first is the default.

        It takes a problem and a device, and returns Work (a Gemm for a GEMM) or raises Unsupported.
        """
        ...

    def devices(self) -> Sequence[Device]:
        """Return the devices this library reaches here, possibly none."""
        ...
