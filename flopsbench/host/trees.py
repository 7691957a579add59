"""Reads the small files below /proc and /sys in which a Linux kernel describes the machine.

Every file there is opened through the readers of this module, and only by modules of this folder. A file that is
absent, forbidden or malformed reads as None: containers, kernels and firmware each leave some of them out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# The kernel's counters are 64 bits wide; int() refuses texts of thousands of digits with an error.
_INTEGER = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Places:
    """Places holds the roots of the kernel's file trees; tests put trees of their own there."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")

    @property
    def cpus(self) -> Path:
        """Return the folder of the processors."""
        return self.sys / "devices/system/cpu"

    @property
    def cpuinfo(self) -> Path:
        """Return the file that describes every logical CPU."""
        return self.proc / "cpuinfo"

    @property
    def firmware(self) -> Path:
        """Return the folder of the firmware's tables (DMI): vendor, model and serial numbers of the machine."""
        return self.sys / "class/dmi/id"

    @property
    def nvidia_driver(self) -> Path:
        """Return the folder of NVIDIA's driver."""
        return self.proc / "driver/nvidia"


HERE = Places()


def read_text(path: Path, errors: str = "replace") -> str | None:
    """Return a file's text without the space around it, or None where it cannot be read.

    ``errors`` says what becomes of bytes that are not UTF-8, as for ``bytes.decode``.
    """
    try:
        return path.read_text(encoding="utf-8", errors=errors).strip()
    except OSError:
        return None


def read_integer(path: Path) -> int | None:
    """Return the whole number that a file holds, or None where it holds none."""
    return parse_integer(read_text(path))


def parse_integer(text: str | None) -> int | None:
    """Return the whole number that a text is, or None for any other text ("max") and for None."""
    return int(text) if text is not None and _INTEGER.fullmatch(text) else None


def parse_cpus(text: str) -> set[int]:
    """Return the numbers of a list of CPUs as the kernel writes it ("0-3,8"), without what is not a number."""
    ranges = re.findall(r"(\d+)(?:-(\d+))?", text)
    return {cpu for first, last in ranges for cpu in range(int(first), int(last or first) + 1)}


def format_cpus(cpus: set[int]) -> str:
    """Return the shortest list of CPUs as taskset takes it ("0-3,8")."""
    starts = sorted(cpu for cpu in cpus if cpu - 1 not in cpus)
    ends = sorted(cpu for cpu in cpus if cpu + 1 not in cpus)
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in zip(starts, ends, strict=True))
