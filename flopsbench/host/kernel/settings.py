"""Reads the settings of kernel and firmware that move a clock or a page of memory. Nothing is set here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.trees import Places, read_integer, read_text


class Switch(NamedTuple):
    """A Switch is a setting that is on or off, with the file that sets it and what is written there for each."""

    is_on: bool
    file: Path
    on: str
    off: str


class Governors(NamedTuple):
    """Governors are the names of the CPUs' frequency governors, by the file that sets each.

    ``pattern`` is a pattern of the shell that matches all of these files.
    """

    pattern: str
    by_file: dict[Path, str]


class HugePages(NamedTuple):
    """HugePages is who gets transparent huge pages ("always", "madvise", "never"), and the file that sets it."""

    mode: str
    file: Path


def governors(places: Places) -> Governors:
    """Return the frequency governors of all CPUs; none where the kernel shows none."""
    pattern = "cpufreq/policy*/scaling_governor"
    files = sorted(places.cpus.glob(pattern))
    seen = {file: text for file in files if (text := read_text(file))}
    return Governors(f"{places.cpus}/{pattern}", seen)


def boost(places: Places) -> Switch | None:
    """Return whether the clock may rise above its base (Intel's turbo, boost elsewhere); None where that is hidden."""
    for name, on, off in (("intel_pstate/no_turbo", 0, 1), ("cpufreq/boost", 1, 0)):
        file = places.cpus / name
        state = read_integer(file)
        if state is not None:
            return Switch(state == on, file, str(on), str(off))
    return None


def hardware_threads(places: Places) -> Switch | None:
    """Return whether cores run several threads at once (SMT); None where the kernel does not say."""
    active = read_integer(places.cpus / "smt/active")
    return None if active is None else Switch(bool(active), places.cpus / "smt/control", "on", "off")


def power_profile(places: Places) -> str | None:
    """Return the firmware's power profile ("performance", "balanced"); None where it offers none."""
    return read_text(places.sys / "firmware/acpi/platform_profile")


def memory_nodes(places: Places) -> int:
    """Return how many nodes of memory (NUMA) the kernel shows; 0 where it shows none."""
    return len(list((places.sys / "devices/system/node").glob("node[0-9]*")))


def numa_balancing(places: Places) -> int | None:
    """Return the mode in which the kernel moves pages between nodes, 0 for off; None where it does not say."""
    return read_integer(places.proc / "sys/kernel/numa_balancing")


def huge_pages(places: Places) -> HugePages | None:
    """Return who gets transparent huge pages; None where the kernel does not say."""
    file = places.sys / "kernel/mm/transparent_hugepage/enabled"
    chosen = re.search(r"\[(\w+)\]", read_text(file) or "")
    return HugePages(chosen[1], file) if chosen else None


def has_nvidia_driver(places: Places) -> bool:
    """Return whether NVIDIA's driver is loaded."""
    return places.nvidia_driver.exists()
