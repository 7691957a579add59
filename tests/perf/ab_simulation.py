"""Simulates how often ``flopsbench ab`` is right on a shared machine: false alarms, and slowdowns called.

    python -m tests.perf.ab_simulation [--runs 1000]

The decision is the shipped one: flagged cases, second look, verdict. Simulated is only the machine: each process has
a standard deviation of 0.5 %, one in ten is slowed by 5 to 30 %, and both of a pair share an environment that drifts
by 5 %. Printed is the share of runs in which a regression was called, for no change and for true slowdowns, by the
number of pairs; a pair is two measured processes, and what is flagged costs as many again.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from flopsbench.result.types import Case
from flopsbench.runs.request import options_of
from flopsbench.track import defaults
from flopsbench.track.ab.cases import CasePairs
from flopsbench.track.ab.looks import flagged, judged
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.turns import SideCase
from tests.documents import case

PLANNED: Case = case()
SIDE_CASE = SideCase(Side("simulated", options_of(["cpu"])), PLANNED, "simulated")


@dataclass(frozen=True)
class Machine:
    """A Machine has the relative noise of one process, the drift that a pair shares, and slowdowns of processes."""

    process: float = 0.005
    drift: float = 0.05
    slowed: float = 0.1
    least: float = 0.05
    most: float = 0.30

    def rate(self, draw: random.Random, drift: float, change: float) -> float:
        """Draw the logarithm of the rate of one process."""
        slow = math.log1p(-draw.uniform(self.least, self.most)) if draw.random() < self.slowed else 0.0
        return drift + math.log1p(change) + draw.gauss(0, self.process) + slow

    def pairs(self, draw: random.Random, count: int, change: float) -> Iterator[float]:
        """Draw ln(B/A) of so many pairs."""
        for _ in range(count):
            drift = draw.gauss(0, self.drift)
            yield self.rate(draw, drift, change) - self.rate(draw, drift, 0.0)


def simulate(machine: Machine, change: float, runs: int, seed: int, pairs: int = defaults.PAIRS) -> Iterator[str]:
    """Yield the verdict of each of so many runs of one case."""
    draw = random.Random(seed)
    for _ in range(runs):
        measured = CasePairs("case", SIDE_CASE, SIDE_CASE, values=list(machine.pairs(draw, pairs, change)))
        if flagged([measured], defaults.MARGIN):
            measured.second_look += machine.pairs(draw, pairs, change)
        yield judged([measured], defaults.MARGIN)["case"].verdict


def called(verdict: str) -> bool:
    """Return whether a verdict is a regression."""
    return verdict == "regression"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    print("pairs  processes  +second look  no change  1 % slower  3 % slower  4 % slower  5 % slower")
    for pairs in (10, 12, defaults.PAIRS, 16, 20):
        shares = [
            sum(map(called, simulate(Machine(), change, runs, seed=1, pairs=pairs))) / runs
            for change in (0.0, -0.01, -0.03, -0.04, -0.05)
        ]
        told = "".join(f"{share:>12.1%}" for share in shares)
        print(f"{pairs:>5}{2 * pairs:>11}{2 * pairs:>14}{told}", flush=True)


if __name__ == "__main__":
    main()
