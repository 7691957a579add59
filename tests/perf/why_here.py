"""Proves what ``flopsbench why`` promises on this machine: each planted cause is named first, and nothing else blamed.

    python -m tests.perf.why_here [core|isa|threads|quota|library|nothing] [--runs N] [--journal FILE]

- ``core``: OPENBLAS_CORETYPE=Haswell, numpy's fp32; of worth on a CPU with AVX-512. 10 runs, like each below.
- ``isa``: ONEDNN_MAX_CPU_ISA=AVX2, torch's bf16; on a CPU with AVX-512 BF16 or AMX.
- ``threads``: OMP_NUM_THREADS=1, numpy's fp32; on two cores or more.
- ``quota``: a control group of half the cores, numpy's fp32; it takes root.
- ``library``: torch's fp32, whose library takes a narrower way on CPUs of other makers than its own.
- ``nothing``: numpy's fp32, none of these variables set. 20 runs, in which nothing may be blamed.

Each run is the command itself. A line is printed as each ends: whether it said what it was to say, and its verdict.
The journal keeps them: the command goes on where it was stopped, and ends with how many were right of how many, and
exit code 1 where one was not. Numbers count on an idle machine alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flopsbench.host.environment import ENVIRONMENT
from tests.quota import group_of, inside

FP32 = ("--backend", "numpy", "--dtype", "fp32")


@dataclass(frozen=True)
class Plant:
    """A Plant is a cause that is put there, by variables or a quota, and how the main cause named begins, if any."""

    options: tuple[str, ...]
    named: str | None
    variables: dict[str, str] = field(default_factory=dict)
    has_quota: bool = False
    runs: int = 10


PLANTS = {
    "core": Plant(FP32, "OPENBLAS_CORETYPE=Haswell", {"OPENBLAS_CORETYPE": "Haswell"}),
    "isa": Plant(("--backend", "torch", "--dtype", "bf16"), "ONEDNN_MAX_CPU_ISA=AVX2", {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "threads": Plant(FP32, "OMP_NUM_THREADS=1", {"OMP_NUM_THREADS": "1"}),
    "quota": Plant(FP32, "a CPU quota of", has_quota=True),
    "library": Plant(("--backend", "torch", "--dtype", "fp32"), "the library, "),
    "nothing": Plant(FP32, None, runs=20),
}


@contextmanager
def planted(plant: Plant, command: list[str]) -> Iterator[list[str]]:
    """Yield the command as it is run where the cause is planted."""
    if not plant.has_quota:
        yield command
        return
    with group_of((os.cpu_count() or 2) / 2) as group:
        yield inside(group, command)


def once(name: str, plant: Plant) -> dict[str, Any]:
    """Run the command once; return whether it was right, and what it said."""
    clean = {each: text for each, text in os.environ.items() if not ENVIRONMENT.fullmatch(each)}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "why.json"
        command = [sys.executable, "-m", "flopsbench", "why", *plant.options, "--json", str(document)]
        with planted(plant, command) as here:
            done = subprocess.run(here, env=clean | plant.variables, capture_output=True, text=True)
        if not document.exists():
            return {"part": name, "right": False, "told": done.stderr.strip()}
        (found,) = json.loads(document.read_text())["cases"]
    causes = [each["claim"] for each in found["tested"] if each["finding"] == "cause"]
    is_right = causes[0].startswith(plant.named) if plant.named and causes else plant.named is None and not causes
    seconds = time.perf_counter() - began
    return {"part": name, "right": is_right, "told": f"{found['verdict']} ({seconds:.0f} s)"}


def read(journal: Path) -> list[dict[str, Any]]:
    """Return the runs that were made before."""
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def main() -> int:
    """Print a line for each run, and for each plant how many were right; return 1 where one was not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", choices=PLANTS, nargs="*", metavar="PART")
    parser.add_argument("--runs", type=int, help="of each part, instead of 10 and 20")
    parser.add_argument("--journal", type=Path, default=Path("why_here.jsonl"))
    options = parser.parse_args()
    done, kept = read(options.journal), True
    for name in options.parts or PLANTS:
        plant, ran = PLANTS[name], [each for each in done if each["part"] == name]
        for _ in range((options.runs or plant.runs) - len(ran)):
            ran.append(once(name, plant))
            with options.journal.open("a") as file:
                file.write(json.dumps(ran[-1]) + "\n")
            print(f"{name}: {'right' if ran[-1]['right'] else 'WRONG'}: {ran[-1]['told']}", flush=True)
        right = sum(each["right"] for each in ran)
        kept = kept and right == len(ran)
        print(f"{name}: right in {right} of {len(ran)} runs", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
