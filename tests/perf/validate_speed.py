"""How many Results a second ``flopsbench validate`` checks on one core, and whether its memory stays flat.

2,000 of 30 KB are asked for. Each document is another: the blocks of every one jitter. Bare ``json.loads`` of the same
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

from flopsbench.store import save
from tests.registry.honest import MEASURED, honest

CASES = [MEASURED[index] for index in (0, 1, 5, 8, 10)]
ROUNDS = 3
CHECK = """
import resource, sys, time
from flopsbench.registry.validate import validate
start = time.process_time()
rejected = sum(any(finding.level == "reject" for finding in each.findings) for each in validate([sys.argv[1]]))
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rejected)
"""


def checked(folder: Path) -> tuple[float, float, int]:
    """Seconds of a fresh process, its peak memory in MiB, and how many documents it refused."""
    command = [sys.executable, "-c", CHECK, str(folder)]
    seconds, memory, rejected = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(memory), int(rejected)


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
        _, memory_of_few, _ = checked(few)
        rounds = [(*checked(many), bare(many)) for _ in range(ROUNDS)]
    seconds, memory, rejected, bare_s = min(rounds)
    print(f"{count} documents of {size / count / 1e3:.1f} KB, {rejected} rejected")
    print(f"{count / seconds:.0f} documents/s, {size / seconds / 1e6:.1f} MB/s, {seconds / bare_s:.2f} x json.loads")
    print(f"peak memory {memory_of_few:.0f} MiB for {count // 10} documents, {memory:.0f} MiB for {count}")


if __name__ == "__main__":
    main()
