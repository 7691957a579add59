"""Keeps a journal of runs that are to prove a promise, so that minutes of measuring go on where they were stopped."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple


class Ran(NamedTuple):
    """A Ran is what one run of a part came to: whether as promised, and what it said."""

    part: str
    as_promised: bool
    told: str


def prove(parts: Mapping[str, int], once: Callable[[str], Ran], about: str, journal: str) -> int:
    """Run each part that the command line names so many times, or all; return 1 where a run was not as promised.

    A line is printed as each ends, and those of the journal before; ``about`` is the help, ``journal`` its usual file.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", choices=parts, nargs="*", metavar="PART")
    parser.add_argument("--runs", type=int, help="of each part, instead of those that are promised")
    parser.add_argument("--journal", type=Path, default=Path(journal))
    options = parser.parse_args()
    done, kept = _read(options.journal), True
    for name in options.parts or parts:
        ran = [each for each in done if each.part == name]
        for each in ran:
            print(_line(each), flush=True)
        for _ in range((options.runs or parts[name]) - len(ran)):
            ran.append(once(name))
            with options.journal.open("a") as file:
                file.write(json.dumps(ran[-1]) + "\n")
            print(_line(ran[-1]), flush=True)
        right = sum(each.as_promised for each in ran)
        kept = kept and right == len(ran)
        print(f"{name}: as promised in {right} of {len(ran)} runs", flush=True)
    return 0 if kept else 1


def _read(journal: Path) -> list[Ran]:
    """Return the runs that were made before."""
    return [Ran(*json.loads(line)) for line in journal.read_text().splitlines()] if journal.exists() else []


def _line(ran: Ran) -> str:
    """Return what is printed of a run."""
    return f"{ran.part}: {'' if ran.as_promised else 'NOT AS PROMISED: '}{ran.told}"
