"""Reads one GPU through NVIDIA's management library (NVML): clocks, power, energy, heat, and what lowers its clock.

A sensor that is not there reads None, never 0, and no error of NVML reaches the caller: boards, drivers, containers
and virtual GPUs each lack some of the sensors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.peaks.bounds import HIGHEST_BOARD_POWER_W
from flopsbench.telemetry.gpu import MIG_REASON, NvmlGpu, find_gpu
from flopsbench.units import general
from flopsbench.words.reason import Reason

GRAIN_S = 1.0  # the counter of energy moves in steps, a tenth of a second apart or more
T = TypeVar("T")


class GpuReading(NamedTuple):
    """A GpuReading is one look at the sensors, in SI units.

    ``power_w`` is an average over up to a second, ``energy_j`` counts from the moment the driver was loaded.

    ``throttle_reasons`` holds every reason in force at once; an empty tuple means none, None means not known.
    """

    sm_clock_hz: float | None = None
    memory_clock_hz: float | None = None
    power_w: float | None = None
    energy_j: float | None = None
    temperature_c: float | None = None
    throttle_reasons: tuple[str, ...] | None = None


class GpuFacts(NamedTuple):
    """GpuFacts are what stays as it is during a run.

    ``clock_max_hz`` is the highest SM clock, ``mig`` whether the GPU is partitioned.
    """

    name: str | None = None
    driver: str | None = None
    power_limit_w: float | None = None
    clock_max_hz: float | None = None
    ecc: bool | None = None
    mig: bool | None = None
    persistence_mode: bool | None = None


class GpuSensors:
    """GpuSensors are the sensors of one GPU. ``reason`` says why readings are empty; None when there are sensors.

    ``absent`` says, by the name of a reading, why it was not there when it was last looked for.
    """

    def __init__(self, device: Device | NvmlGpu, environ: Mapping[str, str] = os.environ) -> None:
        """Find the device in NVML, if need be through CUDA_VISIBLE_DEVICES in ``environ``; never raises."""
        self.reason: str | None = None
        self.absent: dict[str, str] = {}
        self._gpu: NvmlGpu | None = None
        self._energy = Counter()
        try:
            self._gpu = device if isinstance(device, NvmlGpu) else find_gpu(device, environ)
        except Unsupported as error:
            self.reason = str(error)
        if self.static().mig:
            self.reason = MIG_REASON  # what the sensors say is of the whole GPU, with all of its other users

    def read(self) -> GpuReading:
        """Read all sensors. This takes up to some milliseconds, so it never happens inside a timed block."""
        if self._gpu is None or self.reason:
            return GpuReading()
        return GpuReading(**{name: self.value(name) for name in GpuReading._fields})

    def static(self) -> GpuFacts:
        """Read the GPU's name, driver, limits and modes."""
        if self._gpu is None:
            return GpuFacts()
        facts = {name: self.value(name) for name in GpuFacts._fields if name != "driver"}
        return GpuFacts(driver=self._known("driver", self._gpu.driver), **facts)

    def value(self, name: str) -> Any | None:
        """Return one reading in SI units; None where it is absent, for the reason that is then in ``absent``."""
        gpu = self._gpu
        if gpu is None:
            return None
        counted = name == "energy_j"
        return self._known(name, lambda: self._energy.checked(gpu.ask(name)) if counted else gpu.ask(name))

    def _known(self, name: str, ask: Callable[[], T]) -> T | None:
        """Return what is asked for, or None, and keep the reason."""
        try:
            found = ask()
        except Unsupported as error:
            self.absent[name] = str(error)
            return None
        self.absent.pop(name, None)
        return found


@dataclass(slots=True)
class Counter:
    """A Counter is the joules of a GPU as they were last read: they neither fall, nor rise faster than power can."""

    last_j: float | None = None
    at_s: float = 0.0

    def checked(self, energy_j: float) -> float:
        """Return a new reading; raise Unsupported where it cannot follow the last, which it then replaces."""
        before_j, before_s = self.last_j, self.at_s
        self.last_j, self.at_s = energy_j, time.monotonic()
        if before_j is not None and energy_j < before_j:
            raise Unsupported(Reason("counter_fell", before=general(before_j), after=general(energy_j)))
        if before_j is not None and energy_j - before_j > HIGHEST_BOARD_POWER_W * (self.at_s - before_s + GRAIN_S):
            raise Unsupported(Reason("counter_leapt", before=general(before_j), after=general(energy_j)))
        return energy_j
