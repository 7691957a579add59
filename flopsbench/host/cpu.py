"""Finds out what a measurement needs to know of the host: usable cores, free memory, caches, the processor's name.

No array library is loaded for it.
"""

from __future__ import annotations

import math
import os
import platform
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psutil

from flopsbench.device import CPU, Device
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.trees import HERE, Places, parse_cpus, read_text
from flopsbench.peaks.microarchitecture import Identity, find, identify

CACHES = HERE.cpus / "cpu0/cache"
TOPOLOGY = HERE.cpus
CPUINFO = HERE.cpuinfo
# By which variables each library that multiplies on a CPU is told its threads, before the one that all of them read.
OMP_THREADS = "OMP_NUM_THREADS"
THREAD_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "OpenBLAS": ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS"),
    "BLIS": ("BLIS_NUM_THREADS",),
    "NVPL": ("NVPL_BLAS_NUM_THREADS",),
    "Accelerate": ("VECLIB_MAXIMUM_THREADS",),
    **dict.fromkeys(("MKL", "oneDNN", "torch's own loops"), ("MKL_NUM_THREADS",)),  # torch has one number for them all
}
TYPICAL_CACHE_BYTES = 32 << 20  # where the system does not say; a larger guess only costs memory


def allowed_cpus() -> set[int] | None:
    """Return the logical CPUs this process may be scheduled on; None where the system cannot say."""
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def online_cpus(places: Places = HERE) -> set[int] | None:
    """Return the logical CPUs that are switched on; None where the kernel does not say."""
    text = read_text(places.cpus / "online")
    return parse_cpus(text) if text else None


def affinity_cpus() -> int:
    """Return how many logical CPUs this process may be scheduled on."""
    return len(_affinity())


def _affinity() -> set[int]:
    """Return the logical CPUs this process may be scheduled on: all of them where the system cannot say."""
    return allowed_cpus() or set(range(os.cpu_count() or 1))


def affinity_cores(topology: Path = TOPOLOGY) -> int:
    """Return how many cores those logical CPUs belong to: two CPUs on one core share its arithmetic units."""
    return len({_siblings(topology, cpu) for cpu in _affinity()})


def _siblings(topology: Path, cpu: int) -> str:
    """Return the list of the CPUs that share a core with ``cpu``, which names the core."""
    return read_text(topology / f"cpu{cpu}" / "topology" / "thread_siblings_list") or str(cpu)


def threads_running() -> int | None:
    """Return how many threads of the operating system this process has; None where the system does not say."""
    try:
        return psutil.Process().num_threads() or None
    except (psutil.Error, OSError):
        return None


def usable_cpus(groups: ControlGroups | None = None) -> int:
    """Return how many cores this process can really use: its affinity, cut to the CPU quota rounded up."""
    quota = (groups or ControlGroups()).quota_cpus()
    return affinity_cores() if quota is None else min(affinity_cores(), max(1, math.ceil(quota)))


def threads(library: str | None = None) -> int:
    """Return how many threads a GEMM on the CPU gets: the usable cores, or as many as a variable asks for, if fewer.

    ``library`` is the one that computes it; without one it is the most that any library gets.
    """
    if library is None:
        return max(map(threads, (*THREAD_VARIABLES, "")))
    counts = (parse_thread_count(os.environ.get(name, "")) for name in thread_variables(library))
    return min(filter(None, (usable_cpus(), next(filter(None, counts), None))))


def thread_variables(library: str) -> tuple[str, ...]:
    """Return the variables that set the threads of a library, by the beginning of its text; the first one decides."""
    name = f"{library.lower()} "
    own = (own for known, own in THREAD_VARIABLES.items() if name.startswith(f"{known.lower()} "))
    return (*next(own, ()), OMP_THREADS)


def parse_thread_count(text: str) -> int | None:
    """Return the number of threads that a variable like OMP_NUM_THREADS asks for; None where it names no number.

    Of a list ("4,2"), which sets the sizes of nested teams, the first number counts.
    """
    asked = re.match(r"\s*([0-9]{1,9})\s*(?:,|$)", text)
    return int(asked[1]) if asked else None


def cpu_device() -> Device:
    """Return the CPU as one device: the cores this process may use and the memory of the host."""
    return Device(
        kind=CPU.name,
        index=0,
        name=cpu_model(),
        vendor=cpu_vendor(),
        arch=platform.machine(),
        units=threads(),
        memory_bytes=int(psutil.virtual_memory().total),
        cache_bytes=last_level_cache_bytes(),
    )


def available_memory_bytes(groups: ControlGroups | None = None) -> int:
    """Return the bytes that can be allocated without swapping, within the control group's limit."""
    free = int(psutil.virtual_memory().available)
    left = (groups or ControlGroups()).memory_available_bytes()
    return free if left is None else min(free, left)


def last_level_cache_bytes() -> int:
    """Return the size of the first core's largest cache, or a typical size where the system does not tell."""
    sizes = [_parse_size(read_text(path) or "") for path in CACHES.glob("index*/size")]
    return max(sizes, default=0) or TYPICAL_CACHE_BYTES


def _parse_size(text: str) -> int:
    """Return the bytes that a size like "32K" means, 0 for any other text."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]] if match else 0


@cache
def cpu_model() -> str:
    """Return the processor's name."""
    return _cpuinfo("model name") or _arm_model() or platform.processor() or platform.machine() or "unknown CPU"


@cache
def cpu_vendor() -> str | None:
    """Return the vendor's id as the processor gives it ("AuthenticAMD", "0x41")."""
    return _cpuinfo("vendor_id") or _cpuinfo("CPU implementer")


def _arm_model() -> str | None:
    """Return the name of an Arm core, which says its numbers alone."""
    part = _cpuinfo("CPU part")
    return f"Arm implementer {_cpuinfo('CPU implementer')} part {part}" if part else None


def cpuinfo(file: Path | None = None) -> str:
    """Return Linux's description of the CPUs, one block per logical CPU; empty on other systems."""
    return read_text(file or CPUINFO) or ""


def _cpuinfo(key: str, file: Path | None = None) -> str | None:
    """Return the first value of a key of that description."""
    match = re.search(rf"^{re.escape(key)}[^\S\n]*:[^\S\n]*(.+)$", cpuinfo(file), re.MULTILINE)
    return match[1].strip() if match else None


def cpu_has_flag(flag: str, file: Path | None = None) -> bool | None:
    """Return whether Linux lists the flag for the first processor; None where it lists no flags."""
    flags = _cpuinfo("flags", file)
    return None if flags is None else flag in flags.split()


def vendor_and_flags(places: Places = HERE) -> tuple[str | None, list[str]]:
    """Return the vendor of an x86 processor and all flags that Linux lists for it; None and none where it does not."""
    return _cpuinfo("vendor_id", places.cpuinfo), (_cpuinfo("flags", places.cpuinfo) or "").split()


def this_microarchitecture() -> str | None:
    """Return the name of this machine's cores in the table of microarchitectures; None for cores it lacks."""
    row = find(this_core())
    return row.name if row else None


def this_core() -> Identity | None:
    """Return vendor, family and model of this machine's cores; None where there is no /proc/cpuinfo to say it."""
    return identify(cpuinfo())
