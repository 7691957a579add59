"""Reads the machine's own cores around blocks: their ceiling and clock between them, counters across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from msgspec.structs import replace

from flopsbench.ceiling.compute import CpuCeiling, Loop, clock_hz, kind_clocks_hz
from flopsbench.ceiling.quiet import quiet
from flopsbench.device import Device
from flopsbench.dtype import DType, Unit
from flopsbench.errors import Unsupported
from flopsbench.host import system
from flopsbench.host.cpu.kinds import KindOfCore, at_work, counted, cpus_of, kinds_of_core
from flopsbench.measure.instruments import sum_of_all
from flopsbench.peaks.per_clock import mean_clock_hz
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
    kind_clocks: KindClocks | None = None
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
            kind_clocks_hz=self.kind_clocks.medians() if self.kind_clocks else [],
        )


@dataclass(frozen=True, slots=True)
class KindClocks:
    """KindClocks measure the clock of each kind of core, and keep what they saw."""

    kinds: list[KindOfCore]
    dtype: DType
    seen: list[list[float]] = field(default_factory=list)

    def __call__(self) -> float:
        """Return the clock of all cores together: a mean, weighted by what each does per clock."""
        self.seen.append(kind_clocks_hz(cpus_of(self.kinds)))
        return mean_clock_hz(counted(self.kinds), self.seen[-1], self.dtype.name)

    def medians(self) -> list[float]:
        """Return the median clock of each kind."""
        return [median(clocks) for clocks in zip(*self.seen, strict=True)]


def cpu_instruments(device: Device, dtype: DType, unit: Unit) -> CpuInstruments:
    """Return the instruments of the CPU, whose ceiling says what measures it or why nothing does."""
    ceiling, threads = Ceiling(device=device.id, dtype=dtype.name, unit=unit), device.units or 1
    kinds = at_work(kinds_of_core(), threads)
    kind_clocks = KindClocks(kinds, dtype) if len(kinds) > 1 else None
    clock: Callable[[], float] | None = None
    try:
        clock_hz(threads)  # without llvmlite there is neither clock nor ceiling
        clock = kind_clocks or partial(clock_hz, threads)
        loop = _loop(threads, kinds, dtype, unit)
    except Unsupported as error:
        without = replace(ceiling, **sentence_fields(reason=error.reason))
        return CpuInstruments(without, None, clock, kind_clocks=kind_clocks)
    measured = replace(ceiling, instruction=loop.instruction, method=CEILING_METHOD)
    return CpuInstruments(measured, loop.rate_per_s, clock, kind_clocks=kind_clocks)


def _loop(threads: int, kinds: Sequence[KindOfCore], dtype: DType, unit: Unit) -> Loop:
    """Return the loop that measures the ceiling of such rates; raise Unsupported where there is none."""
    if unit != dtype.unit:
        raise Unsupported(Reason("no_ceiling_in_unit", unit=unit))
    return CpuCeiling(threads, cpus_of(kinds) if len(kinds) > 1 else ()).prepare(dtype)


def _best(sample: Callable[[], float]) -> float:
    """Return the largest of a few samples: what disturbs a short loop only ever lowers it, and a limit is wanted."""
    return max(sample() for _ in range(SAMPLES_PER_LOOK))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
