"""Defines what a backend is: an array library, the devices it reaches and the kernels it can run on them.

A backend is a module (or any object) with two names, ``KERNELS`` and ``devices``, registered under the
entry-point group ``flopsbench.backends``, as the built-in ones are. There is no ``supports()``: a caller prepares
the problem, and ``Unsupported`` becomes a row of the Result with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from flopsbench.device import Device
from flopsbench.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    HostArray = NDArray[np.generic]

T = TypeVar("T")

Launch = Callable[[], None]


class Elapsed(NamedTuple):
    """Elapsed is the time of one block in seconds: by the clock that counts, and by the host's if that is another."""

    seconds: float
    host_seconds: float | None = None


class Clock(Protocol):
    """A Clock times a block of launches. It must return only when all of them have completed."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` back-to-back calls of ``launch``."""
        ...


class HostClock:
    """A HostClock times a block by ``time.perf_counter``, for launches that return only when they are done."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` calls; nothing else happens between the two readings."""
        start = time.perf_counter()
        for _ in range(loops):
            launch()
        return Elapsed(time.perf_counter() - start)


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


@dataclass(frozen=True, slots=True)
class Job:
    """A Job is one GEMM, ready to be launched many times.

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
    """A Rotation takes sets of operands in turn; ``last`` is the one that the last launch used."""

    def __init__(self, sets: Sequence[T]) -> None:
        self.sets = sets
        self.last = sets[-1]
        self._turn = cycle(sets)

    def next(self) -> T:
        """Return the next set, which becomes the last."""
        self.last = next(self._turn)
        return self.last


Kernel = Callable[[Problem, Device], Job]


class Backend(Protocol):
    """A Backend is an array library: the devices it reaches and the kernels it can run on them."""

    @property
    def KERNELS(self) -> Mapping[str, Kernel]:
        """Return the function that prepares each kernel, by the kernel's name; the first is the default.

        It takes a problem and a device, and returns a Job or raises Unsupported.
        """
        ...

    def devices(self) -> Sequence[Device]:
        """Return the devices this library reaches here, possibly none."""
        ...
