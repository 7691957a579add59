"""Describes the CPU as one device: its cores, its memory and its caches."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Collection

from flopsbench.device import CPU, Device
from flopsbench.host import system
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.cores import folder_of, usable_by_core, usable_cpus
from flopsbench.host.cpu.names import cpu_model, cpu_vendor
from flopsbench.host.trees import HERE, Places, read_text

TYPICAL_CACHE_BYTES = 32 << 20  # where the system does not say; a larger guess only costs memory


def cpu_device() -> Device:
    """Return the CPU as one device: the cores this process may use and the memory of the host.

    Variables that hold a library to fewer threads change nothing: the ceiling counts the cores they leave idle.
    """
    memory = system.memory()
    return Device(
        kind=CPU.name,
        index=0,
        name=cpu_model(),
        vendor=cpu_vendor(),
        arch=platform.machine(),
        units=usable_cpus(),
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


def last_level_cache_bytes(places: Places = HERE, allowed: Collection[int] | None = None) -> int:
    """Return the size of the largest caches of the CPUs this process may use, or a typical size where nobody tells.

    Each of several such caches counts once, however many CPUs share it; ``allowed`` are other CPUs than its own.
    """
    slices = {each for cpu in usable_by_core(places, allowed) if (each := _largest_cache(places, cpu))}
    return sum(size for _, size in slices) or TYPICAL_CACHE_BYTES


def _largest_cache(places: Places, cpu: int) -> tuple[str, int] | None:
    """Return who shares the largest cache of a CPU, and its size in bytes; None where the system does not tell."""
    folders = (folder_of(places.cpus, cpu) / "cache").glob("index*")
    sizes = {folder: _parse_size(read_text(folder / "size") or "") for folder in folders}
    largest = max(sizes, key=lambda folder: sizes[folder], default=None)
    if largest is None or not sizes[largest]:
        return None
    return read_text(largest / "shared_cpu_list") or str(cpu), sizes[largest]


def _parse_size(text: str) -> int:
    """Return the bytes that a size like "32K" means, 0 for any other text."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]] if match else 0
