"""Makes histories for tests: Results of consecutive days with given rates, written as files."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.files import save
from flopsbench.result.types import Call, Case, ComputeRecord, Efficiency, Rate, Result, Source, Stats
from tests.documents import call, case, result, stats

RATE = 1e12
START = datetime(2024, 1, 1, 12)


def created(day: int) -> str:
    """Return noon of a day of the history."""
    return (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


def measured(rate: float = RATE, ceiling: float | None = None, **fields: Any) -> Case:
    """Return a case with this rate in FLOP/s, and its share of this ceiling."""
    share = Efficiency(ceiling=rate / ceiling if ceiling else None)
    headline = Rate(median=rate, low=rate * 0.995, high=rate * 1.005, best=rate * 1.01, basis="blocks")
    compute = ComputeRecord(a="fp32", b="fp32", c="fp32", accumulate="fp32", library="OpenBLAS", math="IEEE")
    known: dict[str, Any] = {"stats": Stats(unit="FLOP/s", rate=headline, efficiency=share), "compute": compute}
    return case(**known | fields)


def noisy(count: int, *, seed: int = 0, noise: float = 0.005, steps: dict[int, float] | None = None) -> list[float]:
    """Return rates around RATE; ``steps`` says from which point on the level is which share of it."""
    draw = random.Random(seed)
    level, rates = 1.0, []
    for index in range(count):
        level = (steps or {}).get(index, level)
        rates.append(RATE * level * math.exp(draw.gauss(0, noise)))
    return rates


def results(rates: Sequence[float], **fields: Any) -> list[Result]:
    """Return one Result per day with one case at each of these rates."""
    return [daily(day, measured(rate), **fields) for day, rate in enumerate(rates)]


def daily(day: int, *cases: Case, **fields: Any) -> Result:
    """Return the Result of a day, with the id that belongs to it."""
    return decode(encode(result(*cases, created=created(day), **fields)))


def source(number: int) -> Source:
    """Return the project at its commit of that number, one per day."""
    return Source(commit=hashed(number), committed=created(number))


def hashed(number: int) -> str:
    """Return a commit's hash, which no repository has."""
    return f"{number:040x}"


def by_commit(rates: Sequence[float], **fields: Any) -> list[Result]:
    """Return one Result per commit with one case at each of these rates."""
    return [daily(day, measured(rate), source=source(day), **fields) for day, rate in enumerate(rates)]


def timed(name: str, rate: float, **fields: Any) -> Call:
    """Return a call of a project's own code that was called so many times per second."""
    figures = stats(rate, rate * 0.995, rate * 1.005, unit="call/s")
    return call(name, **{"unit": "call/s", "amount": 1, "stats": figures} | fields)


def suite(day: int, *calls: Call, **fields: Any) -> Result:
    """Return the Result of a day that holds calls of a suite and no case."""
    known = daily(day)
    tool = replace(known.tool, options=replace(known.tool.options, calls=["suite tests/perf"]))
    return decode(encode(replace(known, **{"cases": [], "calls": list(calls), "tool": tool} | fields)))


def write(folder: Path, made: Sequence[Result]) -> Path:
    """File the Results as ``track add`` does."""
    for each in made:
        save(each, folder)
    return folder
