"""Times ``flopsbench track`` over a long history: 500 Results with 100 cases each, by default.

Under 10 s in all is asked of ``check``, under 30 s of ``page``. Reading costs by the byte, so the Results are made as
long as those of a run have become: ``--blocks`` blocks in each of ``--processes`` processes, with their ceilings.

python -m tests.perf.track_speed [--points 500] [--cases 100] [--processes 1] [--blocks 12]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from flopsbench.result.types import Case, Result
from flopsbench.site.history.publish import publish_history
from flopsbench.track.defaults import HISTORY_MARGIN
from flopsbench.track.history.folder import read_history
from flopsbench.track.history.judge import judge_history
from tests.documents import process, result
from tests.track.history.histories import RATE, created, measured, source, write


def history(points: int, cases: int, processes: int, blocks: int) -> list[Result]:
    """Return Results with a step of 3 % in the middle of every second case."""
    draw = random.Random(1)
    return [
        result(
            *(_case(draw, point, number, points, processes, blocks) for number in range(cases)),
            created=created(point),
            source=source(point),
        )
        for point in range(points)
    ]


def _case(draw: random.Random, point: int, number: int, points: int, processes: int, blocks: int) -> Case:
    level = 0.97 if number % 2 and point >= points // 2 else 1.0
    every = [
        process(
            [draw.gauss(0.1, 0.0005) for _ in range(blocks)],
            order=order,
            block_ceilings=[(draw.gauss(RATE, RATE / 200), draw.gauss(RATE, RATE / 200)) for _ in range(blocks)],
        )
        for order in range(processes)
    ]
    return measured(RATE * level * draw.gauss(1, 0.005), 1.2e12, edge=64 + number, processes=every)


def main() -> None:
    """Print the seconds of reading, those of deciding, and those of writing pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("points", 500), ("cases", 100), ("processes", 1), ("blocks", 12)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), history(asked.points, asked.cases, asked.processes, asked.blocks))
        sizes = [path.stat().st_size for path in Path(folder).rglob("*.json")]
        start = time.perf_counter()
        found = read_history(Path(folder))
        between = time.perf_counter()
        comparison = judge_history(found, {}).comparison
        end = time.perf_counter()
        written = publish_history(found, {}, HISTORY_MARGIN, Path(folder) / "site")
        last = time.perf_counter()
    verdicts = [change.verdict for change in comparison.changes]
    print(f"{len(sizes)} Results of {sum(sizes) / len(sizes) / 1024:.0f} KiB, {len(verdicts)} series")
    print(f"reading:  {between - start:.2f} s")
    print(f"deciding: {end - between:.2f} s, {verdicts.count('regression')} regressions found")
    print(f"pages:    {last - end + between - start:.2f} s with reading and deciding, {written.files} files")


if __name__ == "__main__":
    main()
