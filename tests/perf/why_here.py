"""Proves what ``flopsbench why`` promises on this machine: each planted cause is named first, and nothing else blamed.

    python -m tests.perf.why_here [core|isa|threads|quota|library|nothing] [--runs N] [--journal FILE]

- ``core``: OPENBLAS_CORETYPE=Haswell, numpy's fp32; of worth on a CPU with AVX-512. 10 runs, like each below.
- ``isa``: ONEDNN_MAX_CPU_ISA=AVX2, torch's bf16; on a CPU with AVX-512 BF16 or AMX.
- ``threads``: OMP_NUM_THREADS=1, numpy's fp32; on two cores or more.
- ``quota``: a control group of half the cores, numpy's fp32; it takes root.
- ``library``: torch's fp32, whose library takes a narrower way on CPUs of other makers than its own.
- ``nothing``: numpy's fp32, none of these variables set. 20 runs, in which nothing may be blamed.

Each run is the command itself. A line is printed as each ends: whether it said what it was to say, and its verdict.
The journal keeps them: the command goes on where it was stopped, and ends with how many were as promised, and exit
code 1 where one was not. Numbers count on an idle machine alone.
"""

from __future__ import annotations

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

from flopsbench.host.environment import ENVIRONMENT
from tests.perf.promise import Ran, prove
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


def once(name: str) -> Ran:
    """Run the command once where a cause is planted."""
    plant = PLANTS[name]
    clean = {each: text for each, text in os.environ.items() if not ENVIRONMENT.fullmatch(each)}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "why.json"
        command = [sys.executable, "-m", "flopsbench", "why", *plant.options, "--json", str(document)]
        with planted(plant, command) as here:
            done = subprocess.run(here, env=clean | plant.variables, capture_output=True, text=True)
        if not document.exists():
            return Ran(name, False, done.stderr.strip())
        (found,) = json.loads(document.read_text())["cases"]
    causes = [each["claim"] for each in found["tested"] if each["finding"] == "cause"]
    is_right = causes[0].startswith(plant.named) if plant.named and causes else plant.named is None and not causes
    return Ran(name, is_right, f"{found['verdict']} ({time.perf_counter() - began:.0f} s)")


if __name__ == "__main__":
    raise SystemExit(prove({name: plant.runs for name, plant in PLANTS.items()}, once, __doc__ or "", "why_here.jsonl"))
