"""Reads the machine's own cores around blocks: their ceiling and clock between them, counters across them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from msgspec.structs import replace

from flopsbench.ceiling.compute import CpuCeiling, Loop, clock_hz
from flopsbench.ceiling.quiet import quiet
from flopsbench.device import Device
from flopsbench.dtype import DType, Unit
from flopsbench.errors import Unsupported
from flopsbench.host import system
from flopsbench.measure.instruments import sum_of_all
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Ceiling, Telemetry
from flopsbench.stats import known
from flopsbench.telemetry import cpu
from flopsbench.words.reason import Reason

CEILING_METHOD = "register-resident loop on every core, before and after the blocks; median of all samples"
QUIET_WITHIN_S = 1.0
SAMPLES_PER_LOOK = 3


@dataclass(slots=True)
class CpuInstruments:
    """CpuInstruments wait for quiet, then measure the clock really running and the ceiling on the cores the work uses.

    Thread pools of BLAS libraries go on spinning after a call (OpenBLAS for 106 ms, MKL for 200 ms): a ceiling
    that starts in that time reads half. ``lead_in_s`` of untimed GEMM brings the pools and the clock back.
    """

    ceiling: Ceiling
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
        steal = known(each.steal_share for each in self.stretches)
        return Telemetry(
            clock_hz=median(self.clocks_hz) if self.clocks_hz else None,
            clock_min_hz=min(self.clocks_hz, default=None),
            clock_max_hz=max(self.clocks_hz, default=None),
            energy_j=sum_of_all([each.energy_j for each in self.stretches]) or None,
            steal_share=sum(steal) / len(steal) if steal else None,
            throttled_periods=_whole(sum_of_all([each.throttled_periods for each in self.stretches])),
            load=system.load(),
        )


def cpu_instruments(device: Device, dtype: DType, unit: Unit) -> CpuInstruments:
    """Return the instruments of the CPU, whose ceiling says what measures it or why nothing does."""
    ceiling, threads = Ceiling(device=device.id, dtype=dtype.name, unit=unit), device.units or 1
    clock: Callable[[], float] | None = None
    try:
        clock_hz(threads)  # without llvmlite there is neither clock nor ceiling
        clock = partial(clock_hz, threads)
        loop = _loop(threads, dtype, unit)
    except Unsupported as error:
        return CpuInstruments(replace(ceiling, **sentence_fields(reason=error.reason)), None, clock)
    measured = replace(ceiling, instruction=loop.instruction, method=CEILING_METHOD)
    return CpuInstruments(measured, loop.rate_per_s, clock)


def _loop(threads: int, dtype: DType, unit: Unit) -> Loop:
    """Return the loop that measures the ceiling of such rates; raise Unsupported where there is none."""
    if unit != dtype.unit:
        raise Unsupported(Reason("no_ceiling_in_unit", unit=unit))
    return CpuCeiling(threads).prepare(dtype)


def _best(sample: Callable[[], float]) -> float:
    """Return the largest of a few samples: what disturbs a short loop only ever lowers it, and a limit is wanted."""
    return max(sample() for _ in range(SAMPLES_PER_LOOK))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
