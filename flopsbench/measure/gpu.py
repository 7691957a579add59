"""Reads a GPU around its blocks: clocks, power, heat and throttling after each stretch, energy across it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from flopsbench.device import Device
from flopsbench.dtype import DType, Unit
from flopsbench.measure.instruments import sum_of_all
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Ceiling, Telemetry
from flopsbench.stats import known
from flopsbench.telemetry.nvml import GpuReading, GpuSensors
from flopsbench.words.reason import Reason

NO_CEILING = Reason("no_gpu_ceiling")


@dataclass(slots=True)
class GpuInstruments:
    """GpuInstruments read NVML before and after every stretch of blocks; a GPU needs no lead-in beyond its warm-up."""

    ceiling: Ceiling
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
        heat = known(each.temperature_c for each in self.readings)
        return Telemetry(
            clock_hz=median(clocks) if clocks else None,
            clock_min_hz=min(clocks, default=None),
            clock_max_hz=max(clocks, default=None),
            power_w=median(power) if power else None,
            energy_j=sum_of_all(self.energies_j) or None,
            temperature_c=max(heat, default=None),
            throttle_reasons=sorted({reason for each in self.readings for reason in each.throttle_reasons or ()}),
        )


def gpu_instruments(device: Device, dtype: DType, unit: Unit) -> GpuInstruments:
    """Return the instruments of a GPU, whose sensors may all be absent."""
    ceiling = Ceiling(device=device.id, dtype=dtype.name, unit=unit, **sentence_fields(reason=NO_CEILING))
    return GpuInstruments(ceiling, GpuSensors(device))


def _positive(values: Iterable[float | None]) -> list[float]:
    """Return the figures of a sensor; some give 0 where they know nothing, and nothing runs at 0 Hz or 0 W."""
    return [value for value in values if value]
