"""Describes a device for a document: what its backend says, and what NVML adds."""

from __future__ import annotations

from flopsbench.device import UNMEASURED_KINDS, Device
from flopsbench.result.types import DeviceRecord
from flopsbench.telemetry.nvml import GpuFacts, GpuSensors


def unread(device: Device) -> dict[str, str]:
    """Return what cannot be read of a GPU, with the reasons: all of its sensors, or single ones by name."""
    if device.is_host:
        return {}
    sensors = GpuSensors(device)
    sensors.read()
    return {"sensors": sensors.reason} if sensors.reason else dict(sensors.absent)


def device_record(device: Device) -> DeviceRecord:
    """Return a device as a document shows it, with what NVML knows of a GPU; its UUID is left out."""
    facts = GpuFacts() if device.kind in UNMEASURED_KINDS else GpuSensors(device).static()  # others have no NVML
    return DeviceRecord(
        id=device.id,
        kind=device.kind,
        index=device.index,
        name=device.name,
        vendor=device.vendor,
        arch=device.arch,
        units=device.units,
        memory_bytes=device.memory_bytes,
        driver=facts.driver,
        power_limit_w=facts.power_limit_w,
        clock_max_hz=facts.clock_max_hz or device.clock_max_hz,
        ecc=facts.ecc,
        mig=facts.mig,
        persistence=facts.persistence_mode,
    )
