"""Writes Results in the formats of other tools: github-action-benchmark, CSV, pytest-benchmark."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median, quantiles, stdev

import msgspec

from flopsbench import units
from flopsbench.dtype import Unit
from flopsbench.errors import UsageError
from flopsbench.result.facts import value_at
from flopsbench.result.keys import case_id, case_title
from flopsbench.result.said import as_reason
from flopsbench.result.types import METHODS, Case, Process, Result, Status
from flopsbench.text import spreadsheet_cell
from flopsbench.track.differences import device_name, machine
from flopsbench.words.reason import Reason

GIGA = 1e9
LOST: tuple[Status, ...] = ("failed", "skipped")

# Columns of CSV, with the paths of what stands in them: rates in their unit, shares of one, empty where unknown.
_OF_RESULT = {
    "id": "id",
    "created": "created",
    "version": "tool.version",
    "profile": "tool.profile",
    "method": "method_version",
}
_OF_CASE = {
    **{name: name for name in ("case", "op", "dtype", "m", "n", "k", "layout", "backend", "kernel", "regime")},
    "status": "status",
    "reason": "reason",
    **{f"{name}_per_s": f"stats.rate.{name}" for name in ("median", "low", "high")},
    "basis": "stats.rate.basis",
    "unit": "stats.unit",
    **{f"of_{name}": f"stats.efficiency.{name}" for name in ("ceiling", "peak", "peak_at_clock")},
    "per_joule": "stats.per_joule",
    "grade": "grade",
    "own_space": "compute.own_space",
}
CSV_COLUMNS = (*_OF_RESULT, "machine", "device", "device_name", *_OF_CASE, "proof")


class ActionBenchmark(msgspec.Struct, frozen=True):
    """An ActionBenchmark is one entry of a file for github-action-benchmark; ``value`` is in ``unit``."""

    name: str
    unit: str
    value: float
    range: str
    extra: str


class PytestStatistics(msgspec.Struct, frozen=True):
    """PytestStatistics are the figures that pytest-benchmark keeps, by its definitions, in seconds per launch.

    Quartiles are interpolated. ``iterations`` is the number of launches per round, ``ops`` launches per second.
    """

    min: float
    max: float
    mean: float
    stddev: float
    rounds: int
    median: float
    iqr: float
    q1: float
    q3: float
    iqr_outliers: int
    stddev_outliers: int
    outliers: str
    ld15iqr: float
    hd15iqr: float
    ops: float
    total: float
    data: list[float]
    iterations: int


class PytestExtra(msgspec.Struct, frozen=True):
    """A PytestExtra is what pytest-benchmark keeps beside its own figures: the rate and what it rests on."""

    rate_per_s: float
    unit: Unit
    flop: int
    of_ceiling: float | None
    grade: str | None
    id: str


class PytestBenchmark(msgspec.Struct, frozen=True):
    """A PytestBenchmark is one case as pytest-benchmark stores one of its benchmarks."""

    group: None
    name: str
    fullname: str
    params: None
    param: None
    extra_info: PytestExtra
    options: dict[str, str]
    stats: PytestStatistics


def export(results: Sequence[Result], format: str) -> str:
    """Return the Results as a text of that format.

    Raise UsageError for a format that is none, and for several Results where the format holds one.
    """
    if format not in FORMATS:
        raise UsageError(Reason("export_format_unknown", name=repr(format), known=", ".join(FORMATS)))
    if format != "csv" and len(results) != 1:
        raise UsageError(Reason("export_one_result", name=format, count=len(results)))
    return FORMATS[format](results)


def _measured(result: Result) -> Iterator[Case]:
    """Yield the cases of a Result that have a rate."""
    return (case for case in result.cases if case.stats)


def without_rate(results: Iterable[Result]) -> Iterator[Reason]:
    """Yield what happened to each case that should have had a rate: what cannot be measured here is no such case."""
    for result in results:
        for case in result.cases:
            if case.status in LOST:
                status = Reason(f"status_{case.status}")
                reason = as_reason(case.reason or "", case.reason_said)
                yield Reason("not_exported", case=case_title(case_id(case)), status=status, reason=reason)


def _series(result: Result, case: Case) -> str:
    """Return by which name other tools follow a case: each version of the method but the first has one of its own."""
    first = result.method_version == min(METHODS)
    return case_id(case) if first else f"{case_id(case)} (method {result.method_version})"


def github_action_benchmark(results: Sequence[Result]) -> str:
    """Return the "customBiggerIsBetter" input of github-action-benchmark.

    The unit is always GFLOPS (GOPS for integers): a chart over time must not change its prefix. ``range`` is shown as
    "value ± range", which the interval seldom is: it reaches as far as the farther end, and ``extra`` has both.
    """
    (result,) = results
    return _json([_bigger_is_better(result, case) for case in _measured(result)])


def _bigger_is_better(result: Result, case: Case) -> ActionBenchmark:
    """Return the entry of one measured case."""
    assert case.stats is not None
    rate, share = case.stats.rate, case.stats.efficiency.ceiling
    unit = units.printed_unit("G", case.stats.unit)
    low, high = (units.general(end / GIGA) for end in (rate.low, rate.high))
    told = [f"{'spread' if rate.basis == 'blocks' else '95% interval'} {low} to {high} {unit}"]
    told += [f"{units.share(share, 1)} of the measured ceiling"] if share else []
    told += [f"grade {case.grade}"] if case.grade else []
    told += ["own clock and memory"] if case.compute and case.compute.own_space else []
    told += [machine(result.host), f"{result.tool.name} {result.tool.version} {result.tool.profile}", result.id]
    return ActionBenchmark(
        name=_series(result, case),
        unit=unit,
        value=rate.median / GIGA,
        range=f"± {units.general(max(rate.high - rate.median, rate.median - rate.low) / GIGA)}",
        extra="\n".join(told),
    )


def as_csv(results: Sequence[Result]) -> str:
    """Return one row per case, SI units, empty where nothing is known; no text is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for result in results:
        writer.writerows(map(spreadsheet_cell, _row(result, case)) for case in result.cases)
    return text.getvalue()


def _row(result: Result, case: Case) -> Iterator[object]:
    """Yield the values of one case in the order of CSV_COLUMNS."""
    yield from (value_at(result, path) for path in _OF_RESULT.values())
    yield from (machine(result.host), case.device, device_name(result, case.device))
    yield from (value_at(case, path) for path in _OF_CASE.values())
    yield None if case.proof is None else "passed" if case.proof.passed else "failed"


def pytest_benchmark(results: Sequence[Result]) -> str:
    """Return what ``pytest-benchmark compare`` reads: seconds per launch, where a round is one timed block.

    It passes over ``without_rate``, which names the cases that have no seconds.
    """
    (result,) = results
    cpu, source = result.host.cpu, result.source
    return _json(
        {
            "machine_info": {
                "node": result.host.hardware_key,
                "machine": result.host.arch,
                "processor": cpu.model,
                "system": result.host.os,
                "release": result.host.kernel,
                "python_implementation": "CPython",
                "python_version": result.software.python,
                "cpu": {"brand_raw": cpu.model, "count": cpu.logical, "arch": result.host.arch},
            },
            "commit_info": {
                "id": (source and source.commit) or "unversioned",
                "branch": (source and source.branch) or "(unknown)",
                "project": source and source.repository,
                "time": None,
                "author_time": None,
                "dirty": False,
            },
            "benchmarks": [_benchmark(result, case) for case in _measured(result)],
            "without_rate": [str(told) for told in without_rate(results)],
            "datetime": result.created,
            "version": f"{result.tool.name} {result.tool.version}",
        }
    )


def _benchmark(result: Result, case: Case) -> PytestBenchmark:
    """Return one measured case as a benchmark."""
    assert case.stats is not None
    return PytestBenchmark(
        group=None,
        name=_series(result, case),
        fullname=f"flopsbench::{_series(result, case)}",
        params=None,
        param=None,
        extra_info=PytestExtra(
            rate_per_s=case.stats.rate.median,
            unit=case.stats.unit,
            flop=case.flop_per_launch,
            of_ceiling=case.stats.efficiency.ceiling,
            grade=case.grade,
            id=result.id,
        ),
        options={},
        stats=_statistics(case.processes),
    )


def _statistics(processes: Sequence[Process]) -> PytestStatistics:
    """Return the figures of all blocks of these processes."""
    seconds = [block_s / process.loops for process in processes for block_s in process.block_s]
    spread = stdev(seconds) if len(seconds) > 1 else 0.0
    first, _, third = quantiles(seconds, method="inclusive") if len(seconds) > 1 else (*seconds, *seconds, *seconds)
    low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
    mean = fmean(seconds)
    far = sum(abs(each - mean) > spread for each in seconds)
    outside = sum(not low <= each <= high for each in seconds)
    return PytestStatistics(
        min=min(seconds),
        max=max(seconds),
        mean=mean,
        stddev=spread,
        rounds=len(seconds),
        median=median(seconds),
        iqr=third - first,
        q1=first,
        q3=third,
        iqr_outliers=outside,
        stddev_outliers=far,
        outliers=f"{far};{outside}",
        ld15iqr=min(each for each in seconds if each >= low),
        hd15iqr=max(each for each in seconds if each <= high),
        ops=1 / mean,
        total=sum(seconds),
        data=seconds,
        iterations=min(process.loops for process in processes),
    )


def _json(value: object) -> str:
    """Return a value, the records in it included, as JSON."""
    return json.dumps(msgspec.to_builtins(value), indent=1, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Result]], str]] = {
    "github-action-benchmark": github_action_benchmark,
    "csv": as_csv,
    "pytest-benchmark": pytest_benchmark,
}
