"""Holds A, B and C as numpy arrays on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Formats, HostClock, Room
from flopsbench.backends import operands
from flopsbench.backends.operands import STORAGES, Codes
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.device import available_memory_bytes, cpu_device, last_level_cache_bytes
from flopsbench.problem import Problem
from flopsbench.words.reason import Reason

HELD = ("fp64", "fp32")  # the formats that numpy has a fast product for

Array = NDArray[Any]


class NumpySpace:
    """A NumpySpace is memory and clock of the CPU, by numpy."""

    def devices(self) -> Sequence[Device]:
        """Return the CPU, the only device of numpy."""
        return [cpu_device()]

    def memory(self, device: Device) -> Room:
        """Return what this process may still use, and the size of the last-level cache."""
        return Room(available_memory_bytes(), last_level_cache_bytes())

    def formats(self, problem: Problem, device: Device) -> Formats:
        """Return fp64 or fp32 for all three; raise Unsupported for any other dtype, and for any other device."""
        name = problem.dtype.name
        if device.kind != "cpu":
            raise Unsupported(Reason("numpy_cpu_alone"))
        if name not in HELD:
            raise Unsupported(Reason("numpy_no_blas", dtype=name))
        return Formats(name, name, name)

    def empty(self, storage: str, elements: int, device: Device) -> Array:
        """Return a flat array, its memory touched."""
        return np.zeros(elements, STORAGES[storage].code) + 0  # zeros alone are not touched before they are written

    def scalar(self, value: float, device: Device) -> Array:
        """Return an array of one float32."""
        return np.array([value], np.float32)

    def view(self, flat: Array, rows: int, columns: int, transposed: bool) -> Array:
        """Return a flat array as rows x columns."""
        return flat.reshape(columns, rows).T if transposed else flat.reshape(rows, columns)

    def load(self, flat: Array, codes: Codes) -> None:
        """Overwrite a flat array with codes."""
        flat[:] = codes

    def fill(self, flat: Array, base: Array, offset: int) -> None:
        """Overwrite a flat array with the base from an offset on."""
        operands.fill(flat, base, offset)

    def spoil(self, flat: Array) -> None:
        """Overwrite a flat array with NaN."""
        flat.fill(np.nan)

    def put(self, flat: Array, places: Codes, codes: Codes) -> None:
        """Overwrite some numbers."""
        flat[places] = codes

    def take(self, flat: Array, places: Codes) -> Codes:
        """Return a copy of some numbers."""
        taken: Codes = flat[places]
        return taken

    def fetch(self, flat: Array) -> Codes:
        """Return a copy."""
        return flat.copy()

    def wait(self, device: Device) -> None:
        """Return at once: numpy's calls are done when they return."""

    def clock(self, device: Device) -> HostClock:
        """Return the host's clock."""
        return HostClock()


space = NumpySpace()
