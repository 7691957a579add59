"""Measures time and memory of ``flopsbench site build`` for 1,000, 5,000 and 20,000 Results of 30 kB, on all CPUs.

    python -m tests.perf.site_speed [--results 1000 5000 20000] [--jobs N]

Under 60 s and 1 GB in all is asked for at 20,000, and a cost that is linear. Printed for each count: seconds and
Results per second of a first build, the CPU seconds of all its processes (on a machine that does other work, too, they
say more), the peak of the memory that these held at once (proportional set size, sampled), the CPU time per Result
beside that of the first count, and the seconds of a build after five Results more.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from tests.validate.made import file_them

SAMPLE_S = 0.25
MORE = 5
FILES_A_TASK = 100


@dataclass(frozen=True)
class Spent:
    """Seconds of wall time and of all CPUs, and the largest memory of a sample in bytes."""

    seconds: float
    cpu_s: float
    peak_bytes: int


def build(registry: Path, site: Path, jobs: list[str]) -> Spent:
    """One run of the command, as a user starts it."""
    command = [sys.executable, "-m", "flopsbench", "site", "build", str(registry), "-o", str(site), *jobs]
    start, cpu_s, peak = time.perf_counter(), _cpu_seconds(), 0
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    root = psutil.Process(running.pid)
    while running.poll() is None:
        peak = max(peak, _held(root))
        time.sleep(SAMPLE_S)
    if running.returncode:
        raise SystemExit(f"the build ended with {running.returncode}")
    return Spent(time.perf_counter() - start, _cpu_seconds() - cpu_s, peak)


def _cpu_seconds() -> float:
    """What all children that have ended used, with their own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _held(root: psutil.Process) -> int:
    """Memory of a process and its children, shared pages counted once."""
    held = 0
    try:
        for process in (root, *root.children(recursive=True)):
            held += process.memory_full_info().pss
    except psutil.Error:  # one of them just ended
        pass
    return held


def main() -> None:
    """Print one line per count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--jobs", type=int)
    asked = parser.parse_args()
    jobs = ["--jobs", str(asked.jobs)] if asked.jobs else []
    first: float | None = None
    with tempfile.TemporaryDirectory() as folder:
        registry, filed = Path(folder) / "results", 0
        for count in sorted(asked.results):
            parts = [range(start, min(start + FILES_A_TASK, count)) for start in range(filed, count, FILES_A_TASK)]
            with ProcessPoolExecutor() as processes:
                list(processes.map(partial(file_them, registry), parts))
            site = Path(folder) / f"site-{count}"
            whole = build(registry, site, jobs)
            first = first or whole.cpu_s / count
            file_them(registry, range(count, count + MORE))
            more = build(registry, site, jobs)
            filed = count + MORE
            print(
                f"{count:6} Results: {whole.seconds:.1f} s, {count / whole.seconds:.0f} a second, "
                f"{whole.cpu_s:.1f} CPU s ({whole.cpu_s / count / first:.2f} x the first's a Result), "
                f"{whole.peak_bytes / 1e6:.0f} MB; {MORE} more: {more.seconds:.1f} s, {more.cpu_s:.1f} CPU s",
                flush=True,
            )


if __name__ == "__main__":
    main()
