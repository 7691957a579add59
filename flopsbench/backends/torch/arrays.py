"""Holds A, B and C as torch tensors, on the CPU and on GPUs that torch calls cuda, and moves their codes bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from flopsbench.backend import Clock, Formats, HostClock, Room, TorchEventClock
from flopsbench.backends.formats import usual_formats
from flopsbench.backends.operands import Codes, wrapped
from flopsbench.backends.torch import devices
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.problem import Problem

STORED = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp8_e4m3": torch.float8_e4m3fn,
    "fp8_e5m2": torch.float8_e5m2,
    "int8": torch.int8,
    "int32": torch.int32,
}
# What numpy has no dtype for is moved as integers, which no copy rounds.
_MOVED = {torch.bfloat16: torch.int16, torch.float8_e4m3fn: torch.uint8, torch.float8_e5m2: torch.uint8}


class TorchSpace:
    """A TorchSpace is memory and clock of the devices that torch reaches."""

    def devices(self) -> Sequence[Device]:
        """Return the CPU and every GPU torch can use."""
        return devices.devices()

    def why_no_gpu(self) -> str | None:
        """Return why torch reaches no GPU, or not all of them."""
        return devices.why_no_gpu()

    def memory(self, device: Device) -> Room:
        """Return what is free on the device, and its last-level cache."""
        return devices.memory(device)

    def formats(self, problem: Problem, device: Device) -> Formats:
        """Return the formats of the dtype: torch has tensors of all of them, whether or not it can multiply them."""
        return usual_formats(problem.dtype.name)

    def empty(self, storage: str, elements: int, device: Device) -> torch.Tensor:
        """Return a flat tensor, its memory touched; raise Unsupported where torch cannot make it."""
        try:
            flat = torch.empty(elements, dtype=STORED[storage], device=device.id)
            _moved(flat).zero_()
        except RuntimeError as error:
            raise Unsupported(first_line(error)) from error
        return flat

    def scalar(self, value: float, device: Device) -> torch.Tensor:
        """Return a tensor of one float32."""
        return torch.tensor([value], dtype=torch.float32, device=device.id)

    def view(self, flat: torch.Tensor, rows: int, columns: int, transposed: bool) -> torch.Tensor:
        """Return a flat tensor as rows x columns."""
        return flat.view(columns, rows).t() if transposed else flat.view(rows, columns)

    def load(self, flat: torch.Tensor, codes: Codes) -> None:
        """Overwrite a flat tensor with codes."""
        moved = _moved(flat)
        moved.copy_(torch.from_numpy(np.require(codes, requirements=["C", "W"])).view(moved.dtype))

    def fill(self, flat: torch.Tensor, base: torch.Tensor, offset: int) -> None:
        """Overwrite a flat tensor with the base from an offset on, by two copies on the device."""
        moved, source = _moved(flat), _moved(base)
        for into, part in wrapped(moved.numel(), source.numel(), offset):
            moved[into] = source[part]

    def spoil(self, flat: torch.Tensor) -> None:
        """Overwrite a flat tensor with NaN, or with the smallest integer."""
        flat.fill_(float("nan") if flat.is_floating_point() else torch.iinfo(flat.dtype).min)

    def put(self, flat: torch.Tensor, places: Codes, codes: Codes) -> None:
        """Overwrite some numbers."""
        moved = _moved(flat)
        moved[_on(flat, places)] = _on(flat, codes).view(moved.dtype)

    def take(self, flat: torch.Tensor, places: Codes) -> Codes:
        """Return the codes of some numbers."""
        codes: Codes = _moved(flat)[_on(flat, places)].cpu().numpy()
        return codes.view(np.uint16) if flat.dtype is torch.bfloat16 else codes

    def fetch(self, flat: torch.Tensor) -> Codes:
        """Return the codes of a flat tensor."""
        codes: Codes = _moved(flat).to("cpu", copy=True).numpy()
        return codes.view(np.uint16) if flat.dtype is torch.bfloat16 else codes

    def wait(self, device: Device) -> None:
        """Wait for every stream of a GPU; on the CPU torch's calls are done when they return."""
        if device.kind != "cpu":
            torch.cuda.synchronize(device.index)

    def clock(self, device: Device) -> Clock:
        """Return the host's clock on the CPU, and events on a GPU."""
        return HostClock() if device.kind == "cpu" else TorchEventClock(device.index)


space = TorchSpace()


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's name where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _on(flat: torch.Tensor, values: Codes) -> torch.Tensor:
    """Return values of the host where a tensor lies."""
    return torch.from_numpy(np.require(values, requirements=["C", "W"])).to(flat.device)


def _moved(flat: torch.Tensor) -> torch.Tensor:
    """Return the same memory in the dtype in which it is moved."""
    return flat.view(_MOVED.get(flat.dtype, flat.dtype))
