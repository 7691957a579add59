"""How many honest documents the validator refuses: real runs of varied options, small and short. It should be none.

    python -m tests.perf.honest_documents 200 FOLDER [--seed 1]

Each run draws its dtype, size, backend, kernel, profile, threads, affinity and settings, and takes some seconds, those
of the profile "registry" a minute. The documents stay in FOLDER. Printed are each finding that refuses one, and how
often each other finding was made.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from flopsbench.host.cpu.cores import allowed_cpus
from flopsbench.validate.document import validate_document

# By the share of runs that each is drawn for: most of all what takes least time.
PROFILES = ("quick",) * 46 + ("standard",) * 3 + ("registry",)
CASES = (
    *(("numpy", dtype) for dtype in ("fp64", "fp32", "fp64,fp32")),
    *(("torch", dtype) for dtype in ("fp64", "fp32", "bf16", "int8", "fp16", "bf16,int8")),
)
SIZES = (
    "8",
    "16",
    "33",
    "64",
    "100",
    "128",
    "256",
    "384",
    "512",
    "1024",
    "64x1024x64",
    "512x16x512",
    "1x512x512",
    "7,64",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = (
    {},
    {"OPENBLAS_CORETYPE": "Haswell"},
    {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    {"OMP_PROC_BIND": "true"},
    {"MKL_DYNAMIC": "FALSE"},
)
# A kernel of one's own; half as fast, in the same arithmetic.
KERNEL = """import numpy as np

space = "numpy"


def prepare(problem, device):
    def launch(a, b, c):
        half = a.shape[0] // 2
        np.matmul(a[:half], b, out=c[:half])
        np.matmul(a[half:], b, out=c[half:])

    return launch
"""


def command(draw: random.Random, kernel: Path) -> list[str]:
    """The options of one run."""
    backend, dtype = draw.choice(CASES)
    chosen = ["--backend", backend, "--dtype", dtype]
    if draw.random() < 0.1:
        chosen = ["--kernel", str(kernel), "--dtype", draw.choice(("fp64", "fp32"))]
    if draw.random() < 0.2:
        chosen += ["--memory", "4GiB"]
    options = ["--size", draw.choice(SIZES), "--profile", draw.choice(PROFILES), "--time", draw.choice(("1", "2", "4"))]
    return [sys.executable, "-m", "flopsbench", "run", "--device", "cpu", *chosen, *options]


def environment(draw: random.Random) -> dict[str, str]:
    """The settings of one run."""
    threads = {name: draw.choice(("1", "2", "3", "16")) for name in THREADS if draw.random() < 0.3}
    return os.environ | threads | draw.choice(SETTINGS)


def documents(count: int, folder: Path, seed: int) -> Iterator[Path]:
    """Make so many documents, one after the other; a run that ends without one is told of."""
    draw, cpus = random.Random(seed), sorted(allowed_cpus() or {0})
    kernel = folder / "halves.py"
    kernel.write_text(KERNEL)
    for number in range(count):
        path = folder / f"{seed}-{number}.json"
        some = draw.sample(cpus, draw.randint(1, len(cpus))) if draw.random() < 0.3 else cpus
        asked = command(draw, kernel)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, some)  # which the run inherits
        ended = subprocess.run([*asked, "--json", str(path)], env=environment(draw), capture_output=True, text=True)
        if path.exists():
            yield path
        else:
            print(f"{' '.join(asked[3:])}: exit {ended.returncode}, {ended.stderr.strip()[-200:]}", flush=True)


def main() -> None:
    """Print every finding that refuses a document, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    made, refused, found = 0, 0, Counter[str]()
    for path in documents(asked.count, asked.folder, asked.seed):
        judgement = validate_document(path.read_bytes())
        made, refused = made + 1, refused + judgement.rejected
        found.update({f"{finding.level} {finding.code}" for finding in judgement.findings})
        for finding in judgement.findings:
            if finding.level == "reject":
                print(f"{path.name}: {finding.code} {finding.where}: {finding.sentence}", flush=True)
    print(f"{made} documents, {refused} refused")
    for finding, times in found.most_common():
        print(f"  {times:4} {finding}")
    sys.exit(refused > 0)


if __name__ == "__main__":
    main()
