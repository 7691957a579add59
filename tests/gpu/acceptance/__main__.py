"""Settles what flopsbench guesses about GPUs, in three parts of under eight minutes each, without network.

    python -m tests.gpu.acceptance --part facts|rates|registry --out FILE
    python -m tests.gpu.acceptance --summary FILE

FILE gets a line of JSON per finding, as soon as it is found: whatever cuts a part short leaves what it had. Parts may
share a file. ``registry`` leaves a Result beside it, ready for ``flopsbench submit``. No name of the machine or of its
user is written. ``--rehearse`` takes a part on fakes, on a machine without GPU.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.gpu.acceptance.report.summary import summary
from tests.gpu.acceptance.steps import PART_S, PARTS, take_part, take_step

ROOT = Path(__file__).parents[3]
FAKES = Path(__file__).parent / "fakes"


def main() -> int:
    """Take a part, or print what a report says; return 2 where neither is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--out", type=Path, metavar="FILE")
    parser.add_argument("--summary", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=PART_S, help="how long the part may take (%(default)s)")
    parser.add_argument("--rehearse", action="store_true", help="take the part on fakes")
    parser.add_argument("--step", help=argparse.SUPPRESS)  # of a part: a process of its own
    asked = parser.parse_args()
    if asked.summary:
        print(summary(asked.summary), end="")
        return 0
    if not asked.out or not (asked.part or asked.step):
        parser.error("--part and --out are needed, or --summary")
    out = asked.out.absolute()
    if asked.step:
        take_step(asked.step, out, asked.rehearse, asked.seconds)
        return 0
    for_all_that_follow(FAKES if asked.rehearse else None)
    take_part(asked.part, out, asked.rehearse, asked.seconds)
    print(summary(out), end="")
    return 0


def for_all_that_follow(fakes: Path | None) -> None:
    """Let every process of the part find this package, and the fakes in the place of libraries."""
    places = [str(fakes)] if fakes else []
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [*places, str(ROOT), os.environ.get("PYTHONPATH")]))
    os.environ["PYTHONUNBUFFERED"] = "1"


if __name__ == "__main__":
    sys.exit(main())
