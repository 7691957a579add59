"""Reads one GPU through NVIDIA's management library (NVML): clocks, power, energy, heat, and what lowers its clock.

A sensor that is not there reads None, never 0, and no error of NVML reaches the caller: boards, drivers, containers
and virtual GPUs each lack some of the sensors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.result.throttle import THROTTLE_REASONS
from flopsbench.telemetry.gpu import MIG_REASON, NvmlGpu, find_gpu

_CLOCK_SM, _CLOCK_MEMORY, _TEMPERATURE_GPU = 1, 2, 0  # nvmlClockType_t, nvmlTemperatureSensors_t


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
    """GpuSensors are the sensors of one GPU. ``reason`` says why readings are empty; None when there are sensors."""

    def __init__(self, device: Device, environ: Mapping[str, str] = os.environ) -> None:
        """Find the device in NVML, if need be through CUDA_VISIBLE_DEVICES in ``environ``; never raises."""
        self.reason: str | None = None
        self._gpu: NvmlGpu | None = None
        try:
            self._gpu = find_gpu(device, environ)
        except Unsupported as error:
            self.reason = str(error)
        if self.static().mig:
            self.reason = MIG_REASON  # what the sensors say is of the whole GPU, with all of its other users

    def read(self) -> GpuReading:
        """Read all sensors. This takes up to some milliseconds, so it never happens inside a timed block."""
        if self._gpu is None or self.reason:
            return GpuReading()
        ask = self._gpu.ask
        return GpuReading(
            sm_clock_hz=_scaled(ask("nvmlDeviceGetClockInfo", _CLOCK_SM), 1e6),
            memory_clock_hz=_scaled(ask("nvmlDeviceGetClockInfo", _CLOCK_MEMORY), 1e6),
            power_w=_scaled(ask("nvmlDeviceGetPowerUsage"), 1e-3),
            energy_j=_scaled(ask("nvmlDeviceGetTotalEnergyConsumption"), 1e-3),
            temperature_c=_scaled(ask("nvmlDeviceGetTemperature", _TEMPERATURE_GPU), 1.0),
            throttle_reasons=_throttle_reasons(self._gpu),
        )

    def static(self) -> GpuFacts:
        """Read the GPU's name, driver, limits and modes."""
        if self._gpu is None:
            return GpuFacts()
        ask = self._gpu.ask
        return GpuFacts(
            name=ask("nvmlDeviceGetName"),
            driver=self._gpu.driver(),
            power_limit_w=_scaled(ask("nvmlDeviceGetEnforcedPowerLimit"), 1e-3),
            clock_max_hz=_scaled(ask("nvmlDeviceGetMaxClockInfo", _CLOCK_SM), 1e6),
            ecc=_current(ask("nvmlDeviceGetEccMode")),
            mig=_current(ask("nvmlDeviceGetMigMode")),
            persistence_mode=_switch(ask("nvmlDeviceGetPersistenceMode")),
        )


def decode_throttle_reasons(bits: int) -> tuple[str, ...]:
    """Return the names of the reasons in a set of bits, the lowest first; an unknown bit is named in hex ("0x800")."""
    single = [1 << position for position in range(bits.bit_length()) if bits >> position & 1]
    return tuple(THROTTLE_REASONS.get(bit, hex(bit)) for bit in single)


def _throttle_reasons(gpu: NvmlGpu) -> tuple[str, ...] | None:
    """Return what lowers the GPU's clock now; None where the driver does not say."""
    bits = gpu.ask("nvmlDeviceGetCurrentClocksEventReasons")
    if bits is None:  # the name it has in older drivers
        bits = gpu.ask("nvmlDeviceGetCurrentClocksThrottleReasons")
    return None if bits is None else decode_throttle_reasons(bits)


def _scaled(value: int | None, unit: float) -> float | None:
    """Return a figure in SI units; NVML gives MHz, mW and mJ."""
    return None if value is None else value * unit


def _switch(state: int | None) -> bool | None:
    """Return whether a mode is on; None where it is not known."""
    return None if state is None else bool(state)


def _current(states: Sequence[int] | None) -> bool | None:
    """Return the mode in force, the first of a pair; the second is the mode after the next reboot."""
    return None if states is None else bool(states[0])
