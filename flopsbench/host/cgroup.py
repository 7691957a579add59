"""Reads the limits that Linux control groups (containers, batch systems) put on this process: CPU time and memory.

Version 1 and 2 hierarchies are read; a limit set on any ancestor counts. Other systems have no such limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flopsbench.host.trees import HERE, Places, parse_integer, read_integer, read_text

UNLIMITED_BYTES = 1 << 62  # version 1 says "no limit" with a number near 2^63


@dataclass(frozen=True, slots=True)
class Quota:
    """A Quota is the CPU time that a group may use in each period, in cores: ``cpus`` x ``period_s`` seconds."""

    cpus: float
    period_s: float


@dataclass(frozen=True, slots=True)
class Throttling:
    """Throttling counts the periods of a CPU quota so far, and the periods in which the quota ran out."""

    periods: int
    throttled: int


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """ControlGroups are the groups of one process; ``proc`` lists them, ``mounts`` is the folder they lie in."""

    proc: Path = HERE.proc / "self/cgroup"
    mounts: Path = HERE.sys / "fs/cgroup"

    @classmethod
    def at(cls, places: Places) -> ControlGroups:
        """Return the control groups of this process in the trees of ``places``."""
        return cls(places.proc / "self/cgroup", places.sys / "fs/cgroup")

    @property
    def are_known(self) -> bool:
        """Return whether the kernel lists the groups of this process."""
        return read_text(self.proc) is not None

    def quota(self) -> Quota | None:
        """Return the tightest quota of CPU time; None without one."""
        quotas = [quota for folder in self._folders("cpu") if (quota := _quota(folder)) is not None]
        return min(quotas, key=lambda quota: quota.cpus, default=None)

    def quota_cpus(self) -> float | None:
        """Return the CPU time allowed, in cores; None without a quota."""
        quota = self.quota()
        return quota.cpus if quota else None

    def memory_available_bytes(self) -> int | None:
        """Return the bytes left below the tightest memory limit; None without a limit."""
        left = [room for folder in self._folders("memory") if (room := _memory_left(folder)) is not None]
        return min(left, default=None)

    def throttling(self) -> Throttling | None:
        """Return the counts of the group that is throttled most; None where the kernel does not count."""
        counts = [count for folder in self._folders("cpu") if (count := _throttling(folder)) is not None]
        return max(counts, key=lambda count: count.throttled, default=None)

    def _folders(self, controller: str) -> list[Path]:
        """Return the group's folder and its ancestors, nearest first."""
        # A group's name may hold any byte, and is needed byte for byte to open its folder.
        for line in (read_text(self.proc, errors="surrogateescape") or "").splitlines():
            _, controllers, path = (*line.split(":", 2), "", "")[:3]
            if controllers == "" and (self.mounts / "cgroup.controllers").exists():
                return _lineage(self.mounts, path)
            if controller in controllers.split(","):
                return _lineage(self._mount(controllers, controller), path)
        return []

    def _mount(self, controllers: str, controller: str) -> Path:
        """Return where a controller of version 1 is mounted: together with others, or alone."""
        joint = self.mounts / controllers
        return joint if joint.is_dir() else self.mounts / controller


def _lineage(mount: Path, path: str) -> list[Path]:
    """Return the folder of a group below its mount, and the folders of the group's ancestors."""
    folder = mount / path.lstrip("/")
    if not folder.is_dir():  # a container that sees the host's path but only its own part of the tree
        return [mount]
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(mount))]


def _quota(folder: Path) -> Quota | None:
    """Return the quota of one group, None where it has none."""
    words: Sequence[str | None] = (read_text(folder / "cpu.max") or "").split()
    if len(words) != 2:
        words = [read_text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
    quota, period = map(parse_integer, words)
    return Quota(quota / period, 1e-6 * period) if quota and quota > 0 and period and period > 0 else None


def _memory_left(folder: Path) -> int | None:
    """Return the bytes that one group may still use, None where it has no limit."""
    for limit_name, usage_name in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        limit, usage = read_integer(folder / limit_name), read_integer(folder / usage_name)
        if limit is not None and usage is not None and limit < UNLIMITED_BYTES:
            return max(0, limit - usage + _reclaimable(folder))
    return None


def _reclaimable(folder: Path) -> int:
    """Return the bytes of files cached on the group's account, which the kernel gives up when memory is asked for."""
    stat = _counters(folder / "memory.stat")
    return stat.get("total_inactive_file", stat.get("inactive_file", 0))


def _throttling(folder: Path) -> Throttling | None:
    """Return the throttling of one group, None where the kernel does not count it."""
    stat = _counters(folder / "cpu.stat")
    known = "nr_periods" in stat and "nr_throttled" in stat
    return Throttling(stat["nr_periods"], stat["nr_throttled"]) if known else None


def _counters(path: Path) -> dict[str, int]:
    """Return the counters of a file that has one "name number" per line."""
    words = (line.partition(" ") for line in (read_text(path) or "").splitlines())
    return {name: number for name, _, text in words if (number := parse_integer(text.strip())) is not None}
