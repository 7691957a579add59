"""The backend contract: an array library, the devices it reaches and the kernels it can run on them.

A backend is a module (or any object) with two names, ``KERNELS`` and ``devices``, registered under the
entry-point group ``flopsbench.backends``. The built-in ones come through the same door. There is no
``supports()``: one asks by trying, and ``Unsupported`` becomes a row of the Result with its reason.
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
    """Seconds of one block: by the clock that counts, and by the host's clock where that is another one."""

    seconds: float
    host_seconds: float | None = None


class Clock(Protocol):
    """Times a block. Must return only when all of its launches have completed."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` back-to-back calls of ``launch``."""
        ...


class HostClock:
    """``time.perf_counter`` around a block, for launches that return only when they are done."""

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds for ``loops`` calls, nothing but the calls between the two readings."""
        start = time.perf_counter()
        for _ in range(loops):
            launch()
        return Elapsed(time.perf_counter() - start)


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
