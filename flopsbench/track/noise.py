"""Measures what a machine does to a rate when nothing has changed: the noise floor, from equal runs (A/A).

The floor of a case is how far apart, in logarithms, two further runs of the same thing may lie. It is the larger of
two figures:

- ``t * s * sqrt(2)``, with s the standard deviation of ln(rate) over R runs and t the 97.5 % quantile of Student's t
  for R - 1 degrees of freedom: the 95 % prediction interval for the difference of two further runs, whose variance is
  2 s^2 (G. J. Hahn and W. Q. Meeker, Statistical Intervals, 1991, chapter 4). It takes the logarithms for normal and
  the runs for independent, which on a shared machine they are not quite: hence
- the largest difference that was seen.

A floor knows only the time it has watched: ten runs at night say nothing about a busy morning.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, stdev
from typing import Annotated, Literal

import msgspec
import platformdirs
from msgspec import Meta
from msgspec.structs import replace

from flopsbench.dtype import Unit
from flopsbench.errors import DocumentRejected, NothingMeasurable, UsageError
from flopsbench.result.files import named, read_bytes, write
from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, Dimension, NotNegative, Positive, Profile, Record, Result, significant
from flopsbench.stats import CONFIDENCE
from flopsbench.track.defaults import FEWEST_RUNS, USUAL_RUNS
from flopsbench.track.differences import machine
from flopsbench.words.reason import Reason

SCHEMA = "flopsbench.noise"
SCHEMA_VERSION = "1.0"
HARDWARE_KEY = r"^[0-9a-f]{16}$"  # it becomes part of a file's name
STEPS = 60  # halvings of the bracket of a quantile: more than a float has binary digits


class CaseNoise(Record, frozen=True):
    """CaseNoise is the noise of one case. Floors are differences of logarithms: 0.05 is 5 %; rates are in ``unit``."""

    created: str
    floor: NotNegative
    median_per_s: Positive
    rates_per_s: Annotated[list[Positive], Meta(min_length=FEWEST_RUNS)]
    unit: Unit
    grades: dict[str, int]
    floor_of_ceiling_share: NotNegative | None = None

    @property
    def spread(self) -> float:
        """Return the largest relative difference between two of the runs."""
        return max(self.rates_per_s) / min(self.rates_per_s) - 1


class Noise(Record, frozen=True):
    """Noise is the noise file: what one machine did, by case id, in runs of one profile and method."""

    schema: Literal["flopsbench.noise"]
    schema_version: Annotated[str, Meta(pattern=r"^1\.[0-9]+$")]
    hardware_key: Annotated[str, Meta(pattern=HARDWARE_KEY)]
    machine: str
    profile: Profile
    method_version: Dimension
    tool: str
    created: str
    runs: Annotated[int, Meta(ge=FEWEST_RUNS)]
    cases: dict[str, CaseNoise]


def t_quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t for whole degrees of freedom.

    It is found by bisection on the finite series for the central probability, M. Abramowitz and I. A. Stegun,
    Handbook of Mathematical Functions, 26.7.3 and 26.7.4. Raise ValueError below one degree.
    """
    if degrees < 1:
        raise ValueError("Student's t needs at least one degree of freedom")
    low, high = 0.0, math.pi / 2  # of theta = atan(t / sqrt(degrees))
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _central(middle, degrees) < CONFIDENCE else (low, middle)
    return math.tan(low) * math.sqrt(degrees)


def _central(theta: float, degrees: int) -> float:
    """Return P(|T| <= t) with theta = atan(t / sqrt(degrees))."""
    sine, cosine = math.sin(theta), math.cos(theta)
    term, total = (cosine, 0.0) if degrees % 2 else (1.0, 0.0)
    for step in range(degrees % 2 + 1, degrees, 2):
        total += term
        term *= cosine * cosine * step / (step + 1)
    return 2 / math.pi * (theta + sine * total) if degrees % 2 else sine * total


def floor(values: Sequence[float]) -> float:
    """Return how far apart, in logarithms, two further such values may lie; for at least two positive values."""
    logs = [math.log(value) for value in values]
    return max(t_quantile(len(logs) - 1) * stdev(logs) * math.sqrt(2), max(logs) - min(logs))


def watched(results: Sequence[Result]) -> Noise:
    """Return the noise of whole runs of the same thing on one machine, without cases measured in fewer than 3 of them.

    Raise UsageError for fewer than 3 runs, NothingMeasurable when no case was measured often enough.
    """
    check_runs(len(results))
    last = results[-1]
    measured: dict[str, list[Case]] = {}
    for result in results:
        for case in result.cases:
            if case.stats:
                measured.setdefault(case_id(case), []).append(case)
    cases = {id: _case(cases, last.created) for id, cases in measured.items() if len(cases) >= FEWEST_RUNS}
    if not cases:
        raise NothingMeasurable(Reason("no_case_often_enough", fewest=FEWEST_RUNS, runs=len(results)))
    return Noise(
        schema="flopsbench.noise",
        schema_version=SCHEMA_VERSION,
        hardware_key=last.host.hardware_key,
        machine=machine(last.host),
        profile=last.tool.profile,
        method_version=last.method_version,
        tool=f"{last.tool.name} {last.tool.version}",
        created=last.created,
        runs=len(results),
        cases=cases,
    )


def _case(cases: Sequence[Case], created: str) -> CaseNoise:
    """Return the noise of one case from its measurements, one per run."""
    stats = [case.stats for case in cases if case.stats]
    rates = [each.rate.median for each in stats]
    shares = [each.efficiency.ceiling for each in stats if each.efficiency.ceiling]
    return CaseNoise(
        created=created,
        floor=significant(floor(rates)),
        median_per_s=significant(median(rates)),
        rates_per_s=rates,
        unit=stats[0].unit,
        floor_of_ceiling_share=significant(floor(shares)) if len(shares) == len(rates) else None,
        grades=dict(sorted(Counter(case.grade for case in cases if case.grade).items())),
    )


def check_runs(runs: int) -> None:
    """Raise UsageError for a number of runs that no floor can be made of."""
    if runs < FEWEST_RUNS:
        raise UsageError(Reason("too_few_runs", fewest=FEWEST_RUNS, usual=USUAL_RUNS, runs=runs))


def default_path(hardware_key: str, profile: Profile) -> Path | None:
    """Return where the noise of such a machine is kept; None for a key that no machine has."""
    if re.fullmatch(HARDWARE_KEY, hardware_key) is None:
        return None
    return platformdirs.user_data_path("flopsbench") / "noise" / f"{hardware_key}-{profile}.json"


def load(path: Path) -> Noise:
    """Read a noise file; raise DocumentRejected with its name and the reason when it is none."""
    with named(path):
        try:
            noise = msgspec.json.decode(read_bytes(path), type=Noise)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            raise DocumentRejected(Reason("not_noise_file", error=error)) from None
    return noise


def save(noise: Noise, path: Path) -> Path:
    """Write the noise file, keeping the cases of an earlier one that were not measured again.

    An earlier file that does not fit (another machine, profile or method) or cannot be read is replaced. Raise
    OSError when nothing can be written.
    """
    earlier = _earlier(noise, path)
    merged = replace(noise, cases=earlier | noise.cases)
    return write(path, encode(merged))


def encode(noise: Noise) -> bytes:
    """Return the bytes of the noise file."""
    return msgspec.json.format(msgspec.json.encode(noise), indent=1) + b"\n"


def _earlier(noise: Noise, path: Path) -> dict[str, CaseNoise]:
    """Return the cases of the noise file that lies there; none where it does not fit or cannot be read."""
    try:
        known = load(path)
    except DocumentRejected:
        return {}
    return known.cases if _made_with(known) == _made_with(noise) else {}


def _made_with(noise: Noise) -> tuple[str, str, int]:
    """Return what two noise files must share to be merged."""
    return noise.hardware_key, noise.profile, noise.method_version


def misfits(noise: Noise, result: Result) -> Iterator[str]:
    """Yield why these floors say nothing about a Result: each reason in words."""
    if noise.hardware_key != result.host.hardware_key:
        yield Reason("floor_of_other_machine", machine=noise.machine)
    if noise.profile != result.tool.profile:
        yield Reason("floor_of_other_profile", profile=noise.profile, other=result.tool.profile)
    if noise.method_version != result.method_version:
        yield Reason("floor_of_other_method", method=noise.method_version, other=result.method_version)
