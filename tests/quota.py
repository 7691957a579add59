"""Makes real control groups with a quota of CPU time, for tests and measurements of what one costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000


@contextmanager
def group_of(cpus: float) -> Iterator[Path]:
    """Yield a fresh group of this machine that may use so many cores; raise OSError where none can be made."""
    unified = (MOUNT / "cgroup.controllers").exists()
    group = (MOUNT if unified else MOUNT / "cpu") / f"flopsbench-test-{os.getpid()}"
    group.mkdir()
    quota_us = round(cpus * PERIOD_US)
    try:
        if unified:
            (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
        yield group
    finally:
        group.rmdir()


def inside(group: Path, command: list[str]) -> list[str]:
    """Return a command as it is run in a group."""
    return ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *command]
