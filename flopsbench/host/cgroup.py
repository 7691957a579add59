"""Limits that Linux control groups (containers, batch systems) put on this process: CPU time and memory.

Version 1 and 2 hierarchies are read; a limit set on any ancestor counts. Elsewhere there are no limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNLIMITED_BYTES = 1 << 62  # version 1 says "no limit" with a number near 2^63


@dataclass(frozen=True, slots=True)
class Throttling:
    """Periods of the CPU quota so far, and those in which it ran out."""

    periods: int
    throttled: int


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """The groups of one process; ``proc`` and ``mounts`` are the roots of its two file trees."""

    proc: Path = Path("/proc/self/cgroup")
    mounts: Path = Path("/sys/fs/cgroup")

    def quota_cpus(self) -> float | None:
        """CPU time allowed, in cores; None without a quota."""
        quotas = [quota for folder in self._folders("cpu") if (quota := _quota(folder)) is not None]
        return min(quotas, default=None)

    def memory_available_bytes(self) -> int | None:
        """What is left below the tightest memory limit; None without a limit."""
        left = [room for folder in self._folders("memory") if (room := _memory_left(folder)) is not None]
        return min(left, default=None)

    def throttling(self) -> Throttling | None:
        """Counts of the group that is throttled most; None where the kernel does not count."""
        counts = [count for folder in self._folders("cpu") if (count := _throttling(folder)) is not None]
        return max(counts, key=lambda count: count.throttled, default=None)

    def _folders(self, controller: str) -> list[Path]:
        """The group's folder and its ancestors, nearest first."""
        for line in (_read(self.proc) or "").splitlines():
            _, controllers, path = (*line.split(":", 2), "", "")[:3]
            if controllers == "" and (self.mounts / "cgroup.controllers").exists():
                return _lineage(self.mounts, path)
            if controller in controllers.split(","):
                return _lineage(self._mount(controllers, controller), path)
        return []

    def _mount(self, controllers: str, controller: str) -> Path:
        joint = self.mounts / controllers
        return joint if joint.is_dir() else self.mounts / controller


def _lineage(mount: Path, path: str) -> list[Path]:
    folder = mount / path.lstrip("/")
    if not folder.is_dir():  # a container that sees the host's path but only its own part of the tree
        return [mount]
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(mount))]


def _quota(folder: Path) -> float | None:
    words: Sequence[str | None] = (_read(folder / "cpu.max") or "").split()
    if len(words) != 2:
        words = [_read(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
    quota, period = map(_integer, words)
    return quota / period if quota and quota > 0 and period and period > 0 else None


def _memory_left(folder: Path) -> int | None:
    for limit_name, usage_name in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        limit, usage = _integer(_read(folder / limit_name)), _integer(_read(folder / usage_name))
        if limit is not None and usage is not None and limit < UNLIMITED_BYTES:
            return max(0, limit - usage + _reclaimable(folder))
    return None


def _reclaimable(folder: Path) -> int:
    """Files cached on the group's account, which the kernel gives up when memory is asked for."""
    stat = _counters(folder / "memory.stat")
    return stat.get("total_inactive_file", stat.get("inactive_file", 0))


def _throttling(folder: Path) -> Throttling | None:
    stat = _counters(folder / "cpu.stat")
    known = "nr_periods" in stat and "nr_throttled" in stat
    return Throttling(stat["nr_periods"], stat["nr_throttled"]) if known else None


def _counters(path: Path) -> dict[str, int]:
    """The lines "name number" of a file."""
    words = (line.partition(" ") for line in (_read(path) or "").splitlines())
    return {name: number for name, _, text in words if (number := _integer(text)) is not None}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="surrogateescape").strip()
    except OSError:
        return None


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:  # "max"
        return None
