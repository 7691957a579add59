"""Results in the formats of other tools: github-action-benchmark, CSV, pytest-benchmark."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median, quantiles, stdev
from typing import Any

from flopsbench.errors import UsageError
from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, Result
from flopsbench.track.differences import machine

GIGA = 1e9
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula


def export(results: Sequence[Result], format: str) -> str:
    """The Results as a text of that format.

    Raise UsageError for a format that is none, and for several Results where the format holds one.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}: there are {', '.join(FORMATS)}")
    if format != "csv" and len(results) != 1:
        raise UsageError(f"a file of {format} holds one Result, not {len(results)}: export them one by one")
    return FORMATS[format](results)


def _measured(result: Result) -> Iterator[Case]:
    return (case for case in result.cases if case.stats)


def github_action_benchmark(results: Sequence[Result]) -> str:
    """The "customBiggerIsBetter" input of github-action-benchmark.

    The unit is always GFLOPS (GOPS for integers): a chart over time must not change its prefix. ``range`` is half
    the 95 % interval (of the blocks, where there is one process).
    """
    (result,) = results
    return _json([_bigger_is_better(result, case) for case in _measured(result)])


def _bigger_is_better(result: Result, case: Case) -> dict[str, Any]:
    assert case.stats is not None
    rate, share = case.stats.rate, case.stats.efficiency.ceiling
    told = [f"{share:.1%} of the measured ceiling"] if share else []
    told += [f"grade {case.grade}"] if case.grade else []
    told += [machine(result.host), f"{result.tool.name} {result.tool.version} {result.tool.profile}", result.id]
    return {
        "name": case_id(case),
        "unit": "GFLOPS" if case.stats.unit == "FLOP/s" else "GOPS",
        "value": rate.median / GIGA,
        "range": f"± {(rate.high - rate.low) / 2 / GIGA:.4g}",
        "extra": "\n".join(told),
    }


def as_csv(results: Sequence[Result]) -> str:
    """A row a case, SI units, empty where nothing is known; no text of a document is taken for a formula."""
    rows = [
        {name: _cell(value) for name, value in _row(result, case).items()}
        for result in results
        for case in result.cases
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _row(result: Result, case: Case) -> dict[str, object]:
    stats = case.stats
    names = {device.id: device.name for device in result.devices}
    rate, shares = (stats.rate, stats.efficiency) if stats else (None, None)
    values = (
        (result.id, result.created, result.tool.version, result.tool.profile, result.method_version)
        + (machine(result.host), case.device, names.get(case.device))
        + (case.case, case.op, case.dtype, case.m, case.n, case.k, case.layout, case.backend, case.kernel, case.regime)
        + (case.status, case.reason)
        + ((rate.median, rate.low, rate.high, rate.basis) if rate else (None,) * 4)
        + (stats.unit if stats else None,)
        + ((shares.ceiling, shares.peak, shares.peak_at_clock) if shares else (None,) * 3)
        + (stats.per_joule if stats else None, case.grade)
        + (None if case.proof is None else "passed" if case.proof.passed else "failed",)
    )
    return dict(zip(COLUMNS, values, strict=True))


COLUMNS = (
    *("id", "created", "version", "profile", "method", "machine", "device", "device_name"),
    *("case", "op", "dtype", "m", "n", "k", "layout", "backend", "kernel", "regime", "status", "reason"),
    *("median_per_s", "low_per_s", "high_per_s", "basis", "unit"),
    *("of_ceiling", "of_peak", "of_peak_at_clock", "per_joule", "grade", "proof"),
)


def pytest_benchmark(results: Sequence[Result]) -> str:
    """What ``pytest-benchmark compare`` reads: seconds a launch, a round being one timed block."""
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
            "datetime": result.created,
            "version": f"{result.tool.name} {result.tool.version}",
        }
    )


def _benchmark(result: Result, case: Case) -> dict[str, Any]:
    assert case.stats is not None
    seconds = [block_s / process.loops for process in case.processes for block_s in process.block_s]
    return {
        "group": None,
        "name": case_id(case),
        "fullname": f"flopsbench::{case_id(case)}",
        "params": None,
        "param": None,
        "extra_info": {
            "rate_per_s": case.stats.rate.median,
            "unit": case.stats.unit,
            "flop": case.flop_per_launch,
            "of_ceiling": case.stats.efficiency.ceiling,
            "grade": case.grade,
            "id": result.id,
        },
        "options": {},
        "stats": _statistics(seconds) | {"iterations": min(process.loops for process in case.processes)},
    }


def _statistics(seconds: Sequence[float]) -> dict[str, Any]:
    """The figures that pytest-benchmark keeps, by its definitions; quartiles interpolated."""
    spread = stdev(seconds) if len(seconds) > 1 else 0.0
    first, _, third = quantiles(seconds, method="inclusive") if len(seconds) > 1 else (*seconds, *seconds, *seconds)
    low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
    mean = fmean(seconds)
    far = sum(abs(each - mean) > spread for each in seconds)
    outside = sum(not low <= each <= high for each in seconds)
    return {
        "min": min(seconds),
        "max": max(seconds),
        "mean": mean,
        "stddev": spread,
        "rounds": len(seconds),
        "median": median(seconds),
        "iqr": third - first,
        "q1": first,
        "q3": third,
        "iqr_outliers": outside,
        "stddev_outliers": far,
        "outliers": f"{far};{outside}",
        "ld15iqr": min(each for each in seconds if each >= low),
        "hd15iqr": max(each for each in seconds if each <= high),
        "ops": 1 / mean,
        "total": sum(seconds),
        "data": list(seconds),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Result]], str]] = {
    "github-action-benchmark": github_action_benchmark,
    "csv": as_csv,
    "pytest-benchmark": pytest_benchmark,
}
