"""The measured ceiling beside the sourced table: operations per clock of one core, at the clock seen around it.

    python -m tests.perf.ceiling_against_table [--rounds 40]

Printed is ceiling / (table x clock seen) for each dtype, median with interval and the upper quartile: 1.00 where
nothing disturbs the core. The table is never derived from the ceiling, so that this is a check of both.
"""

from __future__ import annotations

import argparse
from statistics import quantiles

from flopsbench.ceiling.compute import CpuCeiling, clock_hz
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cpuinfo import cpuinfo
from flopsbench.peaks.microarchitecture import find, identify
from flopsbench.stats import median_interval


def shares(dtype_name: str, rounds: int) -> list[float]:
    """Ceiling over table, a round each, the clock read on both sides of the ceiling; raise Unsupported without one."""
    row = find(identify(cpuinfo()))
    if row is None or dtype_name not in row.operations_per_clock:
        raise Unsupported("no sourced figure for this CPU")
    loop = CpuCeiling(1).prepare(DTYPES[dtype_name])
    found = []
    for _ in range(rounds):
        before_hz, rate_per_s, after_hz = clock_hz(1), loop.rate_per_s(), clock_hz(1)
        found.append(rate_per_s / (row.operations_per_clock[dtype_name] * (before_hz + after_hz) / 2))
    return found


def main() -> None:
    """Print one line per dtype."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    for name in ("fp64", "fp32", "bf16", "int8"):
        try:
            found = shares(name, rounds)
        except Unsupported as reason:
            print(f"{name}: {reason}")
            continue
        middle = median_interval(found)
        spread = f"[{middle.low:.3f}, {middle.high:.3f}]"
        print(f"{name}: median {middle.estimate:.3f} {spread}, upper quartile {quantiles(found, n=4)[2]:.3f}")


if __name__ == "__main__":
    main()
