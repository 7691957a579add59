"""Reads a device around its blocks: ceilings and clocks between them, energy and counters across them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Protocol

from flopsbench.ceiling.compute import CpuCeiling, clock_hz
from flopsbench.ceiling.quiet import quiet
from flopsbench.device import Device
from flopsbench.dtype import DType
from flopsbench.errors import Unsupported
from flopsbench.result.types import Telemetry
from flopsbench.telemetry import cpu
from flopsbench.telemetry.nvml import GpuReading, GpuSensors

QUIET_WITHIN_S = 1.0
SAMPLES_A_LOOK = 3


class Instruments(Protocol):
    """Instruments are read around the blocks, never inside them."""

    lead_in_s: float

    def look(self) -> float | None:
        """Measure the limit of the silicon now, between blocks, in FLOP/s or OP/s; None where nothing can."""
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


@dataclass(slots=True)
class CpuInstruments:
    """CpuInstruments wait for quiet, then measure the clock really running and the ceiling on the cores the work uses.

    Thread pools of BLAS libraries go on spinning after a call (OpenBLAS for 106 ms, MKL for 200 ms): a ceiling
    that starts in that time reads half. ``lead_in_s`` of untimed GEMM brings the pools and the clock back.
    """

    ceiling_per_s: Callable[[], float] | None
    clock_hz: Callable[[], float] | None
    sensors: cpu.CpuSensors = field(default_factory=cpu.CpuSensors)
    lead_in_s: float = 0.15
    clocks_hz: list[float] = field(default_factory=list)
    stretches: list[cpu.CpuInterval] = field(default_factory=list)
    _before: cpu.CpuReading | None = None

    def look(self) -> float | None:
        """Wait until the process is quiet, then measure ceiling and clock."""
        quiet(QUIET_WITHIN_S)
        if self.clock_hz:
            self.clocks_hz.append(_best(self.clock_hz))
        return _best(self.ceiling_per_s) if self.ceiling_per_s else None

    def start(self) -> None:
        """Read the counters."""
        self._before = self.sensors.read()

    def stop(self) -> None:
        """Keep the counters' differences since ``start``."""
        if self._before is not None:
            self.stretches.append(cpu.between(self._before, self.sensors.read()))

    def telemetry(self) -> Telemetry:
        """Return the clock over all looks and the counters over all stretches of timed blocks."""
        steal = _known(each.steal_share for each in self.stretches)
        return Telemetry(
            clock_hz=median(self.clocks_hz) if self.clocks_hz else None,
            clock_min_hz=min(self.clocks_hz, default=None),
            clock_max_hz=max(self.clocks_hz, default=None),
            energy_j=_sum_of_all([each.energy_j for each in self.stretches]) or None,
            steal_share=sum(steal) / len(steal) if steal else None,
            throttled_periods=_whole(_sum_of_all([each.throttled_periods for each in self.stretches])),
            load=cpu.load(),
        )


def cpu_instruments(device: Device, dtype: DType) -> tuple[CpuInstruments, str | None, str | None]:
    """Return instruments for a dtype on the CPU, with the ceiling's instruction or the reason why there is none."""
    threads = device.units or 1
    try:
        clock_hz(threads)
    except Unsupported as error:  # without llvmlite there is neither
        return CpuInstruments(None, None), None, error.reason
    clock = partial(clock_hz, threads)
    try:
        loop = CpuCeiling(threads).prepare(dtype)
    except Unsupported as error:
        return CpuInstruments(None, clock), None, error.reason
    return CpuInstruments(loop.rate_per_s, clock), loop.instruction, None


@dataclass(slots=True)
class GpuInstruments:
    """GpuInstruments read NVML before and after every stretch of blocks; a GPU needs no lead-in beyond its warm-up."""

    sensors: GpuSensors
    lead_in_s: float = 0.0
    readings: list[GpuReading] = field(default_factory=list)
    energies_j: list[float | None] = field(default_factory=list)
    _before: GpuReading | None = None

    def look(self) -> None:
        """Measure nothing: no loop measures the ceiling of a GPU yet."""

    def start(self) -> None:
        """Read the sensors."""
        self._before = self.sensors.read()

    def stop(self) -> None:
        """Read the sensors again, while the chip is still hot from the stretch, and keep the energy it took."""
        after = self.sensors.read()
        self.readings.append(after)
        before_j = self._before.energy_j if self._before else None
        self.energies_j.append(after.energy_j - before_j if after.energy_j and before_j is not None else None)

    def telemetry(self) -> Telemetry:
        """Return clocks, power, heat and every throttle reason seen."""
        clocks = _positive(each.sm_clock_hz for each in self.readings)
        power = _positive(each.power_w for each in self.readings)
        heat = _known(each.temperature_c for each in self.readings)
        return Telemetry(
            clock_hz=median(clocks) if clocks else None,
            clock_min_hz=min(clocks, default=None),
            clock_max_hz=max(clocks, default=None),
            power_w=median(power) if power else None,
            energy_j=_sum_of_all(self.energies_j) or None,
            temperature_c=max(heat, default=None),
            throttle_reasons=sorted({reason for each in self.readings for reason in each.throttle_reasons or ()}),
        )


def _best(sample: Callable[[], float]) -> float:
    """Return the largest of a few samples: what disturbs a short loop only ever lowers it, and a limit is wanted."""
    return max(sample() for _ in range(SAMPLES_A_LOOK))


def _positive(values: Iterable[float | None]) -> list[float]:
    """Return the figures of a sensor; some give 0 where they know nothing, and nothing runs at 0 Hz or 0 W."""
    return [value for value in values if value]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _sum_of_all(values: Sequence[float | None]) -> float | None:
    """Return the sum when every stretch is known: part of the energy over all of the work would flatter."""
    known = _known(values)
    return sum(known) if known and len(known) == len(values) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
