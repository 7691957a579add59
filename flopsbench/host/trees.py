"""Where a Linux machine tells about itself: the roots of two file trees, and careful readers of small files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flopsbench.host.cgroup import ControlGroups


@dataclass(frozen=True, slots=True)
class Places:
    """The roots of the kernel's file trees."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")

    @property
    def cpus(self) -> Path:
        """The folder of the processors."""
        return self.sys / "devices/system/cpu"

    @property
    def groups(self) -> ControlGroups:
        """The control groups of this process."""
        return ControlGroups(self.proc / "self/cgroup", self.sys / "fs/cgroup")

    def online_cpus(self) -> set[int] | None:
        """Logical CPUs that are switched on; None where the kernel does not say."""
        text = read(self.cpus / "online")
        return parse_cpus(text) if text else None

    def is_virtual(self) -> bool | None:
        """Whether the processor says that a hypervisor is beneath; None where it has no such flag to show."""
        flags = re.search(r"^flags\s*:(.*)$", read(self.proc / "cpuinfo") or "", re.MULTILINE)
        return "hypervisor" in flags[1].split() if flags else None


def read(path: Path) -> str | None:
    """The text of a file without the space around it; None where there is none to read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def read_integer(path: Path) -> int | None:
    """The whole number that a file holds; None where it holds none."""
    text = read(path)
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]+", text) else None


def parse_cpus(text: str) -> set[int]:
    """The numbers of a list of CPUs as the kernel writes it ("0-3,8"); what is no number is left out."""
    ranges = re.findall(r"(\d+)(?:-(\d+))?", text)
    return {cpu for first, last in ranges for cpu in range(int(first), int(last or first) + 1)}


def format_cpus(cpus: set[int]) -> str:
    """The shortest list of CPUs for taskset: "0-3,8"."""
    starts = sorted(cpu for cpu in cpus if cpu - 1 not in cpus)
    ends = sorted(cpu for cpu in cpus if cpu + 1 not in cpus)
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in zip(starts, ends, strict=True))
