"""Holds A, B and C in the memory of GPUs by cupy, what cupy has no dtype for as the integers of its bit patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cupy
import numpy as np

from flopsbench.backend import Clock, CupyEventClock, Formats, Room
from flopsbench.backends.cupy import devices
from flopsbench.backends.formats import usual_formats
from flopsbench.backends.operands import Codes, code_dtype, wrapped
from flopsbench.device import Device
from flopsbench.problem import Problem

_NAN_CODES = {np.dtype(np.uint16): 0x7FC0, np.dtype(np.uint8): 0x7F}  # of bf16, and of either FP8


class CupySpace:
    """A CupySpace is memory and clock of the GPUs that cupy reaches."""

    def devices(self) -> Sequence[Device]:
        """Return the GPUs that cupy can use, none without a driver."""
        return devices.devices()

    def why_no_gpu(self) -> str | None:
        """Return why cupy reaches no GPU, or not all of them."""
        return devices.why_no_gpu()

    def memory(self, device: Device) -> Room:
        """Return what is free on the GPU, and its last-level cache."""
        return devices.memory(device)

    def formats(self, problem: Problem, device: Device) -> Formats:
        """Return the formats of the dtype, all of which lie as bit patterns; raise Unsupported on a CPU."""
        with devices.on(device):
            return usual_formats(problem.dtype.name)

    def empty(self, storage: str, elements: int, device: Device) -> Any:
        """Return a flat array that is spoiled, which touches it; raise Unsupported where a CUDA library is missing."""
        with devices.on(device):
            flat = cupy.empty(elements, code_dtype(storage))
            self.spoil(flat)
            return flat

    def scalar(self, value: float, device: Device) -> Any:
        """Return an array of one float32."""
        flat = self.empty("fp32", 1, device)
        self.load(flat, np.array([value], np.float32))
        return flat

    def view(self, flat: Any, rows: int, columns: int, transposed: bool) -> Any:
        """Return a flat array as rows x columns."""
        return flat.reshape(columns, rows).T if transposed else flat.reshape(rows, columns)

    def load(self, flat: Any, codes: Codes) -> None:
        """Overwrite a flat array with codes."""
        flat.set(codes)

    def fill(self, flat: Any, base: Any, offset: int) -> None:
        """Overwrite a flat array with the base from an offset on, by two copies on the device."""
        for into, part in wrapped(flat.size, base.size, offset):
            flat[into] = base[part]

    def spoil(self, flat: Any) -> None:
        """Overwrite a flat array with NaN, or with the smallest integer."""
        if flat.dtype.kind == "i":
            flat.fill(np.iinfo(flat.dtype).min)
        else:
            flat.fill(_NAN_CODES.get(flat.dtype, float("nan")))

    def put(self, flat: Any, places: Codes, codes: Codes) -> None:
        """Overwrite some numbers."""
        flat[cupy.asarray(places)] = cupy.asarray(codes)

    def take(self, flat: Any, places: Codes) -> Codes:
        """Return the codes of some numbers."""
        codes: Codes = cupy.asnumpy(flat[cupy.asarray(places)])
        return codes

    def fetch(self, flat: Any) -> Codes:
        """Return the codes of a flat array."""
        codes: Codes = cupy.asnumpy(flat)
        return codes

    def wait(self, device: Device) -> None:
        """Wait for every stream of the GPU."""
        cupy.cuda.Device(device.index).synchronize()

    def clock(self, device: Device) -> Clock:
        """Return events on the GPU."""
        with devices.on(device):
            return CupyEventClock()


space = CupySpace()
