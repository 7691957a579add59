"""Asks psutil, and the system itself where psutil has no answer, what the machine is and what it does.

Every reading may be absent, and none ends a measurement: what psutil needs of /proc and /sys, sandboxes, containers and
phones leave out, and it raises another error for each.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from io import StringIO
from types import ModuleType
from typing import NamedTuple, TypeVar

Answer = TypeVar("Answer")


class HostMemory(NamedTuple):
    """HostMemory is the memory of the host in bytes, and what can be had of it without swapping."""

    total_bytes: int
    available_bytes: int


class CpuTimes(NamedTuple):
    """CpuTimes is the time of all CPUs since the start in seconds, and what of it the hypervisor gave to others."""

    total_s: float
    steal_s: float | None


def logical_cpus() -> int:
    """Return how many hardware threads the machine has; 1 where nobody knows."""
    return _ask(lambda psutil: psutil.cpu_count()) or os.cpu_count() or 1


def physical_cores() -> int | None:
    """Return how many cores the machine has; None where the system does not say."""
    return _ask(lambda psutil: psutil.cpu_count(logical=False)) or None


def memory() -> HostMemory | None:
    """Return the memory of the host; None where nobody knows."""
    return _ask(_memory) or _memory_by_sysconf()


def _memory(psutil: ModuleType) -> HostMemory | None:
    known = psutil.virtual_memory()
    return HostMemory(int(known.total), int(known.available)) if known.total > 0 else None


def _memory_by_sysconf() -> HostMemory | None:
    """Return the memory by a call that needs no /proc, and counts what files are cached in as used."""
    try:
        page_bytes, pages, free = map(os.sysconf, ("SC_PAGE_SIZE", "SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None
    return HostMemory(page_bytes * pages, page_bytes * free) if min(page_bytes, pages, free) > 0 else None


def busy_share(over_s: float) -> float | None:
    """Return the share of all cores that programs use in the next so many seconds; None where nobody counts."""
    percent: float | None = _ask(lambda psutil: psutil.cpu_percent(over_s))
    return None if percent is None else percent / 100


def on_battery() -> bool | None:
    """Return whether the machine runs on battery; None where it has none or does not say."""
    plugged: bool | None = _ask(lambda psutil: psutil.sensors_battery().power_plugged)
    return None if plugged is None else not plugged


def cpu_times() -> CpuTimes | None:
    """Return the time of all CPUs; None where nobody counts."""
    return _ask(_cpu_times)


def _cpu_times(psutil: ModuleType) -> CpuTimes:
    times = psutil.cpu_times()
    guests = getattr(times, "guest", 0) + getattr(times, "guest_nice", 0)  # in user already
    return CpuTimes(sum(times) - guests, getattr(times, "steal", None))


def load() -> float | None:
    """Return the mean number of runnable processes over the last minute; None where the system does not say."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def threads_running() -> int | None:
    """Return how many threads of the operating system this process has; None where the system does not say."""
    return _ask(lambda psutil: psutil.Process().num_threads()) or None


def ip_addresses() -> list[str]:
    """Return the IP addresses of all network interfaces; none where the system does not show them."""
    return _ask(lambda psutil: list(_addresses(psutil, {socket.AF_INET, socket.AF_INET6}))) or []


def mac_addresses() -> list[str]:
    """Return the hardware addresses of all network interfaces; none where the system does not show them."""
    return _ask(lambda psutil: list(_addresses(psutil, {psutil.AF_LINK}))) or []


def _addresses(psutil: ModuleType, families: set[int]) -> Iterator[str]:
    for addresses in psutil.net_if_addrs().values():
        yield from (address.address for address in addresses if address.family in families)


def _ask(read: Callable[[ModuleType], Answer]) -> Answer | None:
    """Return what psutil answers; None where it is not there, or raises whatever it may.

    Where it misses a file it prints a traceback as it is imported, and warns when it is asked: nobody can act on them.
    """
    try:
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            import psutil

            return read(psutil)
    except Exception:
        return None
