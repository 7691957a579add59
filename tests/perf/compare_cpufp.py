"""Our ceiling beside cpufp's (https://github.com/pigirons/cpufp), interleaved on one core: is ours a ceiling?

    python -m tests.perf.compare_cpufp CPUFP [--core 0] [--rounds 5]             # about a minute a round

CPUFP is the path of that program, which is separate and built by its own instructions. Prints, for each dtype, the
best rate of both over the rounds and their ratio, and exits 1 if one is below 0.99. Best against best, because on a
shared machine any one sample can be disturbed, and only ever downwards.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys

from flopsbench.ceiling.compute import CpuCeiling, Loop, clock_hz
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported

LOWEST_RATIO = 0.99
SAMPLES_A_ROUND = 10
# What cpufp prints under "Core Computation" for the instruction our loop is made of.
COMPUTATIONS = {
    "fp64": ("FMA(f64,f64,f64)",),
    "fp32": ("FMA(f32,f32,f32)",),
    "bf16": ("DP2A(f32,bf16,bf16)", "MMLA(f32,bf16,bf16)"),
    "int8": ("DP4A(s32,u8,s8)", "DP4A(s32,s8,s8)", "MMLA(s32,s8,s8)"),
}
SCALE = {"G": 1e9, "T": 1e12}


def main() -> int:
    """Compare and print; 0 if our ceiling is one."""
    arguments = parse_arguments()
    os.sched_setaffinity(0, {arguments.core})
    loops = dict(prepared())
    ours, theirs = dict.fromkeys(loops, 0.0), dict.fromkeys(loops, 0.0)
    for _ in range(arguments.rounds):
        printed = run_cpufp(arguments.cpufp, arguments.core)
        for dtype, loop in loops.items():
            theirs[dtype] = max(theirs[dtype], rate_of(printed, dtype, bits_of(loop)))
            ours[dtype] = max(ours[dtype], *(loop.rate_per_s() for _ in range(SAMPLES_A_ROUND)))
    print(f"clock seen {clock_hz(1) / 1e9:.3f} GHz")
    for dtype, loop in loops.items():
        ratio = ours[dtype] / theirs[dtype]
        print(f"{dtype}  {loop.instruction:<32} {ours[dtype]:.4g} / {theirs[dtype]:.4g} = {ratio:.4f}")
    return int(any(ours[dtype] < LOWEST_RATIO * theirs[dtype] for dtype in loops))


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cpufp", help="path of a built cpufp")
    parser.add_argument("--core", type=int, default=0, help="the core both run on")
    parser.add_argument("--rounds", type=int, default=5, help="how often they take turns")
    return parser.parse_args()


def prepared() -> list[tuple[str, Loop]]:
    """The loops this CPU has; says why others are missing."""
    loops = []
    for dtype in COMPUTATIONS:
        try:
            loops.append((dtype, CpuCeiling(1).prepare(parse_dtype(dtype))))
        except Unsupported as reason:
            print(f"{dtype}  left out: {reason}")
    return loops


def run_cpufp(path: str, core: int) -> str:
    """What cpufp prints about one core."""
    return subprocess.run([path, f"--thread_pool=[{core}]"], check=True, capture_output=True, text=True).stdout


def bits_of(loop: Loop) -> int:
    """The width of a loop's registers, from its name: cpufp lists the same computation at several widths."""
    match = re.search(r"(\d+)-bit", loop.instruction)
    assert match
    return int(match[1])


def rate_of(printed: str, dtype: str, bits: int) -> float:
    """cpufp's best rate for a dtype at a width, in operations per second."""
    rates = [0.0]
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if any(cell in COMPUTATIONS[dtype] for cell in cells) and (f"{bits}b" in cells or bits == 128):
            number, unit = cells[-2].split()
            rates.append(float(number) * SCALE[unit[0]])
    if max(rates) == 0:
        sys.exit(f"cpufp printed no {bits}-bit {COMPUTATIONS[dtype]}")
    return max(rates)


if __name__ == "__main__":
    sys.exit(main())
