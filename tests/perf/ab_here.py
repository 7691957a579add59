"""Proves what ``flopsbench ab`` promises on this machine: no false regression, and 3 % more work found each time.

    python -m tests.perf.ab_here [same|repeats|core|neighbour] [--journal FILE]

- ``same``: both sides are the same, 20 runs. A regression must never be called.
- ``repeats``: side B's launches go through a wrapper that repeats 3 of 100 (tests/strangers/repeats.py), 10 runs at the
  margin that ``ab`` has by default, 2 %. It must be called each time, on a machine of two cores that is idle otherwise.
- ``core``: side B has OPENBLAS_CORETYPE set to a core without AVX, 10 runs. It must be called each time.
- ``neighbour``: both sides are the same beside a process that spins, 10 runs. No regression may be called.

Each run is the command itself, with its second look. A line is printed as each ends: exit code, verdict, change with
its interval, the smallest slowdown that it could have called, seconds. The journal keeps them: the command goes on
where it was stopped, and ends with what was called of how many, and exit code 1 where the promise was not kept.
Numbers count on an idle machine alone; start it in the background: ``nohup python -m tests.perf.ab_here &``.
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
from pathlib import Path
from typing import NamedTuple

from tests import strangers

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


class Ran(NamedTuple):
    """A Ran is what one comparison came to."""

    part: str
    exit: int
    verdict: str
    told: str

    @property
    def called(self) -> bool:
        """Return whether a regression was called."""
        return (self.exit, self.verdict) == (3, "regression")

    @property
    def line(self) -> str:
        """Return what is printed of it."""
        return f"{self.part}: exit {self.exit} {self.verdict} {self.told}"


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


def once(name: str, part: Part) -> Ran:
    """Make one comparison."""
    with tempfile.TemporaryDirectory() as folder, beside(part.neighbour):
        site = Path(folder)
        strangers.install(site, "repeats")
        document = site / "comparison.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "flopsbench", "ab", *CASE, *part.sides, "--json", str(document)]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if not document.exists():
            return Ran(name, done.returncode, "none", done.stderr.strip())
        (change,) = json.loads(document.read_text())["changes"]
    if "estimate" not in change:
        return Ran(name, done.returncode, change["verdict"], change["reason"])
    estimate, low, high, detectable = (100 * change[key] for key in ("estimate", "low", "high", "detectable"))
    figures = f"{estimate:+.2f} % ({low:+.2f} to {high:+.2f}), could have called {detectable:.1f} %"
    return Ran(name, done.returncode, change["verdict"], f"{figures}, {seconds:.0f} s")


def read(journal: Path) -> list[Ran]:
    """Return the comparisons that were made before."""
    return [Ran(*json.loads(line)) for line in journal.read_text().splitlines()] if journal.exists() else []


def main() -> int:
    """Print a line for each comparison, and for each part what it came to; return 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", choices=PARTS, nargs="*", metavar="PART")
    parser.add_argument("--journal", type=Path, default=Path("ab_here.jsonl"))
    options = parser.parse_args()
    done, kept = read(options.journal), True
    for name in options.parts or PARTS:
        part, ran = PARTS[name], [each for each in done if each.part == name]
        for each in ran:
            print(each.line, flush=True)
        for _ in range(part.runs - len(ran)):
            ran.append(once(name, part))
            with options.journal.open("a") as file:
                file.write(json.dumps(ran[-1]) + "\n")
            print(ran[-1].line, flush=True)
        called = sum(each.called for each in ran)
        kept = kept and called == (len(ran) if part.called else 0)
        print(f"{name}: a regression called in {called} of {len(ran)} runs", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
