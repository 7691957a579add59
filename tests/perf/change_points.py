"""Counts how often change points are wrong: the shipped decision code on made series whose truth is known.

Series of 100 rates with 0.5 % noise, of which 5 % are slowed by 5 to 30 % as on a shared runner. Flat ones should
have no change point, neither at the end nor when checked after each of 100 pushes; a step in the middle should be
found within 5 points of its place, and soon.

python -m tests.perf.change_points [--series 300] [--seed 1]
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from statistics import median

from flopsbench.track.history.changepoint import FEWEST_POINTS, segments, sigma, smallest_step

POINTS, MIDDLE = 100, 50
NEAR = 5
NOISE, OUTLIERS, SLOWED = 0.005, 0.05, (0.05, 0.30)
STEPS = (0.01, 0.015, 0.02, 0.03, 0.05, 0.10)


def made(draw: random.Random, step: float = 0.0, points: int = POINTS, outliers: float = OUTLIERS) -> list[float]:
    """Draw logarithms of rates, with a slowdown by the share ``step`` from the middle on."""
    values = []
    for index in range(points):
        value = draw.gauss(0, NOISE) + (math.log1p(-step) if index >= points // 2 else 0.0)
        slowed = draw.random() < outliers
        values.append(value + (math.log1p(-draw.uniform(*SLOWED)) if slowed else 0.0))
    return values


def alarmed(values: Sequence[float]) -> bool:
    """Return whether a flat series has a change point."""
    return len(segments(values)) > 1


def ever_alarmed(values: Sequence[float]) -> bool:
    """Return whether a flat series has a change point after any of its pushes."""
    return any(alarmed(values[:count]) for count in range(FEWEST_POINTS, len(values) + 1))


def found(values: Sequence[float], at: int = MIDDLE) -> bool:
    """Return whether a change point is near the step."""
    return any(abs(segment.start - at) <= NEAR for segment in segments(values)[1:])


def pushes_until_found(values: Sequence[float]) -> float:
    """Return how many points after the step it was first found."""
    return next((count - MIDDLE for count in range(MIDDLE + 1, len(values) + 1) if found(values[:count])), math.inf)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    draw, count = random.Random(asked.seed), asked.series

    def share(numbers: int) -> str:
        return f"{numbers} of {count} ({100 * numbers / count:.1f} %)"

    print("flat series")
    print(f"  a false change point in 100 points:    {share(sum(alarmed(made(draw)) for _ in range(count)))}")
    print(f"  ever alarmed, checked after each push: {share(sum(ever_alarmed(made(draw)) for _ in range(count)))}")
    print("a step in the middle                  found           pushes until found (median, 90 % of series)")
    for step in STEPS:
        series = [made(draw, step) for _ in range(count)]
        waits = sorted(pushes_until_found(values) for values in series)
        hits = share(sum(map(found, series)))
        print(f"  {100 * step:4.1f} %                        {hits:<24} {median(waits):g}, {waits[int(0.9 * count)]:g}")
    print("the step said to be found 9 times of 10, without disturbed runs and with")
    for points in (10, 20, 40, 100):
        step = -math.expm1(-smallest_step(points, NOISE))
        hits = [sum(alarmed(_late(draw, step, points, rate)) for _ in range(count)) for rate in (0.0, OUTLIERS)]
        print(f"  {points:3} points: {100 * step:.1f} %             {'   '.join(map(share, hits))}")
    noises = sorted(sigma(made(draw)) for _ in range(count))
    print(f"sigma of {100 * NOISE} % read as {100 * noises[0]:.2f} to {100 * noises[-1]:.2f} %")


def _late(draw: random.Random, step: float, points: int, outliers: float) -> list[float]:
    """Draw a step that has lasted for 10 points, or for half of fewer."""
    after = min(10, points // 2)
    flat = made(draw, 0.0, points, outliers)
    return [value + (math.log1p(-step) if index >= points - after else 0.0) for index, value in enumerate(flat)]


if __name__ == "__main__":
    main()
