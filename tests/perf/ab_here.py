"""Proves what ``flopsbench ab`` promises on this machine: no false regression, and 3 % more work found each time.

    python -m tests.perf.ab_here [same|repeats|core|neighbour] [--journal FILE]

- ``same``: both sides are the same, 20 runs. A regression must never be called.
- ``repeats``: side B's launches go through a wrapper that repeats 3 of 100 (tests/strangers/repeats.py), 10 runs at the
  margin that ``ab`` has by default, 2 %. It must be called each time, on a machine of two cores that is idle otherwise.
- ``core``: side B has OPENBLAS_CORETYPE set to a core without AVX, 10 runs. It must be called each time.
- ``neighbour``: both sides are the same beside a process that spins, 10 runs. No regression may be called.

Each run is the command itself, with its second look. A line is printed as each ends: exit code, verdict, change with
its interval, the smallest slowdown that it could have called, seconds. The journal keeps them: the command goes on
where it was stopped, and ends with how many were as promised, and exit code 1 where one was not.
Numbers count on an idle machine alone; start it in the background: ``nohup python -m tests.perf.ab_here &``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import strangers
from tests.perf.promise import Ran, prove

CASE = ("--backend", "numpy", "--dtype", "fp32", "--size", "256")
SPINNING = "while True: pass"


class Part(NamedTuple):
    """A Part is one kind of comparison: its sides, how often it is made, and whether a regression is to be called."""

    sides: tuple[str, ...]
    runs: int
    called: bool
    neighbour: bool = False


PARTS = {
    "same": Part(("--a", "here", "--b", "here"), 20, called=False),
    "repeats": Part(("--a", "backend=numpy", "--b", "backend=repeats"), 10, called=True),
    "core": Part(("--b", "env=OPENBLAS_CORETYPE=Nehalem"), 10, called=True),
    "neighbour": Part(("--a", "here", "--b", "here"), 10, called=False, neighbour=True),
}


@contextmanager
def beside(neighbour: bool) -> Iterator[None]:
    """Let a process spin meanwhile, where a neighbour is asked for."""
    if not neighbour:
        yield
        return
    spinning = subprocess.Popen([sys.executable, "-c", SPINNING])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


def once(name: str) -> Ran:
    """Make one comparison of a part."""
    part = PARTS[name]
    with tempfile.TemporaryDirectory() as folder, beside(part.neighbour):
        site = Path(folder)
        strangers.install(site, "repeats")
        document = site / "comparison.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "flopsbench", "ab", *CASE, *part.sides, "--json", str(document)]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        change = json.loads(document.read_text())["changes"][0] if document.exists() else {}
    verdict = change.get("verdict", "none")
    is_called = (done.returncode, verdict) == (3, "regression")
    told = f"exit {done.returncode} {verdict} {_figures(change) or change.get('reason', done.stderr.strip())}"
    return Ran(name, is_called == part.called, f"{told}, {seconds:.0f} s")


def _figures(change: Mapping[str, float]) -> str:
    """Return the change with its interval, and what could have been called; nothing where there is no estimate."""
    if "estimate" not in change:
        return ""
    estimate, low, high, detectable = (100 * change[key] for key in ("estimate", "low", "high", "detectable"))
    return f"{estimate:+.2f} % ({low:+.2f} to {high:+.2f}), could have called {detectable:.1f} %"


if __name__ == "__main__":
    runs = {name: part.runs for name, part in PARTS.items()}
    raise SystemExit(prove(runs, once, __doc__ or "", "ab_here.jsonl"))
