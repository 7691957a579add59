"""Defines what a contributor brings, a kernel or a whole array library, and the work that is timed.

A backend is a module (or any object) with two names, ``space`` and ``KERNELS``, registered under the entry-point
group ``flopsbench.backends``, as the built-in ones are. ``space`` names the array library whose arrays its kernels
take. flopsbench owns that: it allocates and fills A, B and C, launches, waits, reads the clock and looks at C. A kernel
is a function of A, B and C and nothing else. There is no ``supports()``: a caller prepares the problem, and
``Unsupported`` becomes a row of the Result with its reason.

Whoever writes a backend imports from this module alone: ``__all__`` is everything there is to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flopsbench.clocks import Clock, CupyEventClock, Elapsed, HostClock, Launch, TorchEventClock
from flopsbench.device import KINDS, Device, Kind
from flopsbench.dtype import DTYPES, DType
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.problem import GEMM, OPS, Amount, Op, Problem
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
    "Formats",
    "HostClock",
    "Kernel",
    "Kind",
    "Launch",
    "Launcher",
    "Op",
    "Prepared",
    "Problem",
    "Room",
    "Space",
    "Telemetry",
    "TorchEventClock",
    "Unsupported",
    "Work",
]


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


class Formats(NamedTuple):
    """Formats are the names of the storage formats of A, B and C."""

    a: str
    b: str
    c: str


Launcher = Callable[..., object]  # launch(a, b, c), or launch(a, b, c, scale_a, scale_b) for FP8


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Prepared is a kernel made ready for a problem, with what it claims to do; a bare function claims the usual.

    ``launch`` computes C of A and B; the arrays are those of the kernel's space, A seen as m x k, B as k x n, C as
    m x n, in the problem's layout. It may return before C is there. For FP8 it gets two more arrays of one float32
    each: C is to be scale_a·scale_b·A·B. ``library`` names the code that computes, with its version; ``math`` the mode
    ("ieee", "tf32", "ieee, fast accumulation off"); ``accumulate`` the format of the sums, that of the dtype if None;
    ``threads`` how many it uses on a CPU; ``notes`` what else a reader has to know.
    """

    launch: Launcher
    library: str = ""
    math: str = ""
    accumulate: str | None = None
    threads: int | None = None
    notes: tuple[str, ...] = ()


class Room(NamedTuple):
    """A Room is what a device has of memory in bytes: free, and in its last-level cache (0 if unknown)."""

    free_bytes: int
    cache_bytes: int


class Space(Protocol):
    """A Space is an array library as flopsbench uses it: memory and clock of the devices that the library reaches.

    Arrays are the library's own. ``codes`` are host arrays of a storage format as ``backends.operands`` defines them.
    A space of GPUs may also have ``why_no_gpu()``: a sentence where it reaches none or not all of them, else None.
    """

    def devices(self) -> Sequence[Device]:
        """Return the devices this library reaches here, possibly none."""
        ...

    def memory(self, device: Device) -> Room:
        """Return what is free on the device now."""
        ...

    def formats(self, problem: Problem, device: Device) -> Formats:
        """Return in which formats the library holds A, B and C; raise Unsupported where it has no such array."""
        ...

    def empty(self, storage: str, elements: int, device: Device) -> Any:
        """Return a flat array of so many elements, its memory touched."""
        ...

    def scalar(self, value: float, device: Device) -> Any:
        """Return an array of one float32, as kernels take the scales of FP8."""
        ...

    def view(self, flat: Any, rows: int, columns: int, transposed: bool) -> Any:
        """Return a flat array as rows x columns, whose memory holds the transpose where it is ``transposed``."""
        ...

    def load(self, flat: Any, codes: HostArray) -> None:
        """Overwrite a flat array with codes from the host."""
        ...

    def fill(self, flat: Any, base: Any, offset: int) -> None:
        """Overwrite a flat array with the base from an offset on, wrapped around."""
        ...

    def spoil(self, flat: Any) -> None:
        """Overwrite a flat array with NaN, or with the smallest integer: neither is ever a product."""
        ...

    def put(self, flat: Any, places: HostArray, codes: HostArray) -> None:
        """Overwrite the numbers of a flat array at some places with codes from the host."""
        ...

    def take(self, flat: Any, places: HostArray) -> HostArray:
        """Return the codes of a flat array at some places, on the host."""
        ...

    def fetch(self, flat: Any) -> HostArray:
        """Return the codes of a flat array on the host, by a copy that no kernel takes part in."""
        ...

    def wait(self, device: Device) -> None:
        """Wait until everything enqueued on the device is done, on every stream."""
        ...

    def clock(self, device: Device) -> Clock:
        """Return the clock that blocks on the device are timed by."""
        ...


def keep_output() -> None:
    """Keep what a launch wrote: nothing is known of it."""


def look_away(loops: int, seconds: float) -> None:
    """Look at nothing after so many launches: nothing is known of what they write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A Work is what is timed: something that can be launched many times, and how much each launch does.

    ``launch`` enqueues one launch and may return early; ``clock`` knows when a block of them is done. ``amount`` is the
    work of one launch. ``spoil`` overwrites what a launch writes, so that a launch which does nothing cannot show
    an older output; ``inspect`` looks at what so many launches have written in
    so many seconds.
    """

    launch: Launch
    clock: Clock
    amount: Amount
    spoil: Callable[[], None] = keep_output
    inspect: Callable[[int, float], None] = look_away


# Makes a problem ready on a device, or raises Unsupported. A function with an attribute ``op``, a name in OPS, does
# that, and brings its Work itself; any other brings the launch of a GEMM.
Kernel = Callable[[Problem, Device], "Launcher | Prepared | Work"]


class Backend(Protocol):
    """A Backend is a set of kernels on one array library."""

    @property
    def KERNELS(self) -> Mapping[str, Kernel]:
        """Return the function that prepares each kernel, by the kernel's name; the first is the default."""
        ...

    @property
    def space(self) -> str | Space:
        """Return the name of the array library, "numpy", "torch" or "cupy", or a library of its own."""
        ...
