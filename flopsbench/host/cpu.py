"""The host as far as a measurement cares: usable cores, free memory, caches. No array library."""

from __future__ import annotations

import math
import os
import platform
import re
from functools import cache
from pathlib import Path

import psutil

from flopsbench.device import Device
from flopsbench.host.cgroup import ControlGroups
from flopsbench.peaks.microarchitecture import Identity, find, identify

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
TOPOLOGY = Path("/sys/devices/system/cpu")
CPUINFO = Path("/proc/cpuinfo")
TYPICAL_CACHE_BYTES = 32 << 20  # where the system does not say; a larger guess only costs memory


def affinity_cpus() -> int:
    """Logical CPUs this process may be scheduled on."""
    return len(_affinity())


def _affinity() -> set[int]:
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def affinity_cores(topology: Path = TOPOLOGY) -> int:
    """Cores behind those logical CPUs: two that share a core share its arithmetic units too."""
    return len({_siblings(topology, cpu) for cpu in _affinity()})


def _siblings(topology: Path, cpu: int) -> str:
    try:
        return (topology / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def usable_cpus(groups: ControlGroups | None = None) -> int:
    """Cores this process can really use: those of its affinity, and the control group's quota rounded up."""
    quota = (groups or ControlGroups()).quota_cpus()
    return affinity_cores() if quota is None else min(affinity_cores(), max(1, math.ceil(quota)))


def threads() -> int:
    """Threads a GEMM on the CPU is given: the usable cores, or fewer where OMP_NUM_THREADS asks for fewer."""
    asked = re.match(r"\s*([1-9][0-9]{0,8})\s*(,|$)", os.environ.get("OMP_NUM_THREADS", ""))  # "4,2" nests teams
    return min(usable_cpus(), int(asked[1])) if asked else usable_cpus()


def cpu_device() -> Device:
    """The CPU as one device: the cores this process may use and the memory of the host."""
    return Device(
        kind="cpu",
        index=0,
        name=cpu_model(),
        vendor=cpu_vendor(),
        arch=platform.machine(),
        units=threads(),
        memory_bytes=int(psutil.virtual_memory().total),
        cache_bytes=last_level_cache_bytes(),
    )


def available_memory_bytes(groups: ControlGroups | None = None) -> int:
    """Memory that can be allocated without swapping, within the control group's limit."""
    free = int(psutil.virtual_memory().available)
    left = (groups or ControlGroups()).memory_available_bytes()
    return free if left is None else min(free, left)


def last_level_cache_bytes() -> int:
    """Size of the largest cache of the first core, or a typical size where the system does not tell."""
    sizes = [_kibibytes(path.read_text()) for path in CACHES.glob("index*/size")]
    return max(sizes, default=0) or TYPICAL_CACHE_BYTES


def _kibibytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)", text.strip())
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]] if match else 0


@cache
def cpu_model() -> str:
    """The processor's name."""
    return _cpuinfo("model name") or _arm_model() or platform.processor() or platform.machine() or "unknown CPU"


@cache
def cpu_vendor() -> str | None:
    """The vendor's id as the processor gives it ("AuthenticAMD", "0x41")."""
    return _cpuinfo("vendor_id") or _cpuinfo("CPU implementer")


def _arm_model() -> str | None:
    part = _cpuinfo("CPU part")
    return f"Arm implementer {_cpuinfo('CPU implementer')} part {part}" if part else None


def cpuinfo() -> str:
    """What Linux says of the CPUs, as it says it; empty elsewhere."""
    try:
        return CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpuinfo(key: str) -> str | None:
    match = re.search(rf"^{re.escape(key)}\s*:\s*(.+)$", cpuinfo(), re.MULTILINE)
    return match[1].strip() if match else None


def cpu_has_flag(flag: str) -> bool:
    """Whether Linux lists the flag for the first processor."""
    return flag in (_cpuinfo("flags") or "").split()


def this_microarchitecture() -> str | None:
    """What the cores of this machine are called; None for those the table does not know."""
    row = find(this_core())
    return row.name if row else None


def this_core() -> Identity | None:
    """Who the cores of this machine are; None where the system does not say in a /proc/cpuinfo."""
    return identify(cpuinfo())
