"""Finds the devices that torch reaches: the CPU, and the GPUs it calls cuda."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from flopsbench.backend import Room
from flopsbench.device import Device
from flopsbench.host.cpu.device import available_memory_bytes, cpu_device, last_level_cache_bytes


def devices() -> Sequence[Device]:
    """Return the CPU and every GPU torch can see."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [cpu_device(), *(_gpu(index) for index in range(count))]


def _gpu(index: int) -> Device:
    """Describe one GPU by its properties."""
    properties = torch.cuda.get_device_properties(index)
    amd = torch.version.hip is not None
    arch = properties.gcnArchName if amd else f"sm_{properties.major}{properties.minor}"
    return Device(
        kind="cuda",
        index=index,
        name=properties.name,
        vendor="AMD" if amd else "NVIDIA",
        arch=arch,
        units=properties.multi_processor_count,
        memory_bytes=properties.total_memory,
        cache_bytes=getattr(properties, "L2_cache_size", None),
        uuid=str(properties.uuid) if hasattr(properties, "uuid") else None,
    )


def memory(device: Device) -> Room:
    """Return a device's free memory and last-level cache, in bytes; 0 for a cache that torch does not know."""
    if device.kind == "cpu":
        return Room(available_memory_bytes(), last_level_cache_bytes())
    torch.cuda.empty_cache()  # what torch keeps of the last job would count as used
    free_bytes, _ = torch.cuda.mem_get_info(device.index)
    return Room(free_bytes, device.cache_bytes or 0)
