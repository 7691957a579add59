"""Measures how many Results per second ``flopsbench validate`` checks on one core, and whether its memory stays flat.

The aim is 2,000 of 30 KB. Each document is another: the blocks of every one jitter. Bare ``json.loads`` of the same
files says what this machine is worth at the moment.

python -m tests.perf.validate_speed [--documents 4000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flopsbench.result.files import save
from tests.validate.honest import MEASURED, honest

CASES = [MEASURED[index] for index in (0, 1, 5, 8, 10)]
ROUNDS = 3


def checked(folder: Path) -> tuple[float, float]:
    """CPU seconds of the command, start included, and its peak memory in MiB; it fails where it refuses a document."""
    with subprocess.Popen([sys.executable, "-m", "flopsbench", "validate", str(folder)], stdout=subprocess.PIPE) as run:
        assert run.stdout
        said = run.stdout.read().decode()
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(said)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def bare(folder: Path) -> float:
    """Seconds that reading and json.loads take."""
    start = time.process_time()
    for path in folder.rglob("*.json"):
        json.loads(path.read_bytes())
    return time.process_time() - start


def make(folder: Path, count: int) -> int:
    """Write so many different documents; return their bytes."""
    return sum(
        save(honest(seed, created=f"2026-08-{1 + seed % 28:02}T12:00:00Z", measured=CASES), folder).stat().st_size
        for seed in range(count)
    )


def main() -> None:
    """Print rates of CPU time, their ratio to json.loads, and peak memory for a tenth and for all of the documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=4000)
    count = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as name:
        few, many = Path(name, "few"), Path(name, "many")
        make(few, count // 10)
        size = make(many, count)
        os.sync()
        _, memory_of_few = checked(few)
        rounds = [(*checked(many), bare(many)) for _ in range(ROUNDS)]
    seconds, memory, bare_s = min(rounds)
    print(f"{count} documents of {size / count / 1e3:.1f} KB")
    print(f"{count / seconds:.0f} documents/s, {size / seconds / 1e6:.1f} MB/s, {seconds / bare_s:.2f} x json.loads")
    print(f"peak memory {memory_of_few:.0f} MiB for {count // 10} documents, {memory:.0f} MiB for {count}")


if __name__ == "__main__":
    main()
