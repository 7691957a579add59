"""Runs ``flopsbench ab`` on this machine, noise and all, on no change, an older core and 3 % more work.

    python -m tests.perf.ab_here [same|core|repeats] [--runs N] [--pairs N]

- ``same``: both sides are the same; counted is how often a regression is called.
- ``core``: side B has OPENBLAS_CORETYPE set to a core without AVX.
- ``repeats``: side B's launches go through a wrapper that repeats 3 of 100 (tests/strangers/repeats.py), at a margin
  of 1 %: how small a change can be called depends on how noisy the machine is, and ab prints it.

Each run is the command itself, with its second look. One line per run: exit code, verdict, change with its interval,
the smallest slowdown that it could have called, seconds.
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

from flopsbench.track import defaults
from tests import strangers

CASE = ("--backend", "numpy", "--dtype", "fp32", "--size", "512")
SIDES = {
    "same": ("--a", "here", "--b", "here"),
    "core": ("--b", "env=OPENBLAS_CORETYPE=Nehalem"),
    "repeats": ("--a", "backend=numpy", "--b", "backend=repeats", "--margin", "1%"),
}


def once(arguments: list[str], site: Path) -> str:
    """Run one comparison and return its line."""
    document = site / "comparison.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "flopsbench", "ab", *CASE, *arguments, "--json", str(document)]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 3):
        return f"exit {done.returncode}: {done.stderr}"
    (change,) = json.loads(document.read_text())["changes"]
    estimate, low, high, detectable = (100 * change[key] for key in ("estimate", "low", "high", "detectable"))
    figures = f"{estimate:+.2f} % ({low:+.2f} to {high:+.2f}), could have called {detectable:.1f} %"
    return f"exit {done.returncode} {change['verdict']} {figures}, {seconds:.0f} s"


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=SIDES, nargs="*", default=list(SIDES))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=defaults.PAIRS)
    options = parser.parse_args()
    for what in options.what or SIDES:
        called = 0
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as folder:
                strangers.install(Path(folder), "repeats")
                line = once([*SIDES[what], "--pairs", str(options.pairs)], Path(folder))
            called += line.startswith("exit 3 regression")
            print(f"{what}: {line}", flush=True)
        print(f"{what}: a regression called in {called} of {options.runs} runs", flush=True)


if __name__ == "__main__":
    main()
