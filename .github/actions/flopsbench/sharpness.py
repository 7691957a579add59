"""Says what a comparison could have caught, and whether finding nothing means anything.

    python3 sharpness.py SHARE [VERDICT.json]

A case counts by the smallest slowdown that could have been called in it. A comparison is blunt where that is no smaller
than SHARE (25% or 0.25) in any case, or where every case is inconclusive. Printed are the largest of those slowdowns,
empty where none is known, and why the comparison is blunt, empty where it is not. Without a verdict the SHARE alone is
looked at; the exit code is 2 where it is none. Nothing of flopsbench is imported: which Python has it is not known.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def share(text: str) -> float:
    """Return the share that a text such as "25%" writes; 0 where it writes none."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*", text)
    value = float(found[1]) / (100 if found[2] else 1) if found else 0
    return value if value <= 1 else 0


def judge(changes: list[dict[str, object]], sharpness: float) -> tuple[str, str]:
    """Return the largest slowdown that could have been called in a case, and why the comparison is blunt, if it is."""
    judged = [change for change in changes if change["verdict"] != "not run"]
    known = [least for change in judged if isinstance(least := change.get("detectable"), float | int)]
    caught = percent(max(known)) if known else ""
    if not known or min(known) >= sharpness:
        below = f" below {percent(min(known))}" if known else ""
        return caught, f"in no case could a slowdown{below} have been called"
    unsure = all(change["verdict"] == "inconclusive" for change in judged)
    return caught, "every case is inconclusive" if unsure else ""


def percent(value: float) -> str:
    """Return a share as people read it: "2.7 %"."""
    return f"{100 * value:.1f} %"


def main(text: str, verdict: str | None = None) -> int:
    """Print both lines about a verdict, if there is one; 2 where the share is none."""
    sharpness = share(text)
    if sharpness and verdict:
        print(*judge(json.loads(Path(verdict).read_text(encoding="utf-8"))["changes"], sharpness), sep="\n")
    return 0 if sharpness else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
