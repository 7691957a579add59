"""Describes the CPU as one device: its cores, its memory and its caches."""

from __future__ import annotations

import platform
import re
import sys

from flopsbench.device import CPU, Device
from flopsbench.host import system
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.cores import threads
from flopsbench.host.cpu.names import cpu_model, cpu_vendor
from flopsbench.host.trees import HERE, read_text

CACHES = HERE.cpus / "cpu0/cache"
TYPICAL_CACHE_BYTES = 32 << 20  # where the system does not say; a larger guess only costs memory


def cpu_device() -> Device:
    """Return the CPU as one device: the cores this process may use and the memory of the host."""
    memory = system.memory()
    return Device(
        kind=CPU.name,
        index=0,
        name=cpu_model(),
        vendor=cpu_vendor(),
        arch=platform.machine(),
        units=threads(),
        memory_bytes=memory.total_bytes if memory else None,
        cache_bytes=last_level_cache_bytes(),
    )


def available_memory_bytes(groups: ControlGroups | None = None) -> int:
    """Return the bytes that can be allocated without swapping, within the control group's limit.

    Where nobody knows, nothing speaks against any size.
    """
    memory = system.memory()
    left = (groups or ControlGroups()).memory_available_bytes()
    return min(memory.available_bytes if memory else sys.maxsize, sys.maxsize if left is None else left)


def last_level_cache_bytes() -> int:
    """Return the size of the first core's largest cache, or a typical size where the system does not tell."""
    sizes = [_parse_size(read_text(path) or "") for path in CACHES.glob("index*/size")]
    return max(sizes, default=0) or TYPICAL_CACHE_BYTES


def _parse_size(text: str) -> int:
    """Return the bytes that a size like "32K" means, 0 for any other text."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]] if match else 0
