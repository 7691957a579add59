"""What NVIDIA's management library (NVML) says about one GPU: clocks, power, energy, heat, and what holds it back.

A sensor that is not there reads None, never 0, and no error of NVML reaches the caller: boards, drivers, containers
and virtual GPUs each lack some of the sensors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.telemetry.gpu import MIG_REASON, NvmlGpu, find_gpu

_CLOCK_SM, _CLOCK_MEMORY, _TEMPERATURE_GPU = 1, 2, 0  # nvmlClockType_t, nvmlTemperatureSensors_t

# nvmlClocksEventReasons (nvml.h); before driver 535 they were called throttle reasons.
_THROTTLE_REASONS = {
    0x1: "gpu_idle",
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
    0x200: "board_limit",
    0x400: "reliability",
}


class GpuReading(NamedTuple):
    """One look at the sensors. ``power_w`` is an average over up to a second, ``energy_j`` counts from driver load.

    ``throttle_reasons`` holds every reason in force at once; an empty tuple means none, None means not known.
    """

    sm_clock_hz: float | None = None
    memory_clock_hz: float | None = None
    power_w: float | None = None
    energy_j: float | None = None
    temperature_c: float | None = None
    throttle_reasons: tuple[str, ...] | None = None


class GpuFacts(NamedTuple):
    """What stays as it is during a run. ``clock_max_hz`` is the SM clock, ``mig`` whether the GPU is partitioned."""

    name: str | None = None
    driver: str | None = None
    power_limit_w: float | None = None
    clock_max_hz: float | None = None
    ecc: bool | None = None
    mig: bool | None = None
    persistence_mode: bool | None = None


class GpuSensors:
    """The sensors of one GPU. ``reason`` says why a reading is empty, and is None when there are sensors."""

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
        """All sensors now. Takes up to milliseconds, so never inside a timed block."""
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
        """Identity and settings, as they are now."""
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
    """Every reason in a set of bits, lowest first; a bit this table does not know comes as hex ("0x200")."""
    single = [1 << position for position in range(bits.bit_length()) if bits >> position & 1]
    return tuple(_THROTTLE_REASONS.get(bit, hex(bit)) for bit in single)


def _throttle_reasons(gpu: NvmlGpu) -> tuple[str, ...] | None:
    bits = gpu.ask("nvmlDeviceGetCurrentClocksEventReasons")
    if bits is None:  # the name it has in older drivers
        bits = gpu.ask("nvmlDeviceGetCurrentClocksThrottleReasons")
    return None if bits is None else decode_throttle_reasons(bits)


def _scaled(value: int | None, unit: float) -> float | None:
    """A figure in SI units: NVML speaks in MHz, mW and mJ."""
    return None if value is None else value * unit


def _switch(state: int | None) -> bool | None:
    return None if state is None else bool(state)


def _current(states: Sequence[int] | None) -> bool | None:
    """The mode in force, of a pair (in force, after the next reboot)."""
    return None if states is None else bool(states[0])
