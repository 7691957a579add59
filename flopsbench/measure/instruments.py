"""Defines what is read around blocks on any device, and opens the instruments of a kind of device."""

from __future__ import annotations

from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Protocol

from flopsbench.device import Device, kind_of
from flopsbench.dtype import DType, Unit
from flopsbench.result.types import Ceiling, Telemetry
from flopsbench.stats import known


class Instruments(Protocol):
    """Instruments are read around the blocks, never inside them.

    ``ceiling`` is the limit of the silicon as far as it is known before: what measures it, or why nothing does.
    Before each timed stretch the work runs untimed for ``lead_in_s`` seconds.
    """

    ceiling: Ceiling
    lead_in_s: float

    def look(self) -> float | None:
        """Measure the limit of the silicon now, between blocks, in the ceiling's unit; None where nothing can."""
        ...

    def start(self) -> None:
        """Note that a stretch of timed blocks begins."""
        ...

    def stop(self) -> None:
        """Note that the stretch ended."""
        ...

    def telemetry(self) -> Telemetry:
        """Return what the sensors said so far."""
        ...


def open_instruments(device: Device, dtype: DType, unit: Unit) -> Instruments:
    """Return the instruments of the device's kind for rates of a dtype in a unit."""
    opened: Instruments = resolve_name(kind_of(device.kind).instruments)(device, dtype, unit)
    return opened


def sum_of_all(values: Sequence[float | None]) -> float | None:
    """Return the sum when every stretch is known: part of the energy over all of the work would flatter."""
    readings = known(values)
    return sum(readings) if readings and len(readings) == len(values) else None
