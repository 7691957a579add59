"""Chooses the rates of a Result that the scale takes: the best of each dtype, and what they are set beside."""

from __future__ import annotations

from collections.abc import Sequence

from flopsbench.analysis.vendor import is_own
from flopsbench.dtype import DTYPES
from flopsbench.result.types import Case, Result
from flopsbench.result.work import counts_operations, has_proof, limit_key, limit_of
from flopsbench.scale.aggregates import aggregate
from flopsbench.scale.compare import compare
from flopsbench.scale.ladder import Mark
from flopsbench.scale.standing import Measured, Standing
from flopsbench.units import round_digits

PRINTED_DIGITS = 3  # of a rate
# The nation's total the project is named after, and what an FP64 rate may be set beside.
BESIDE = ("cn-miit-ai-2025", "top500-202606-frontier-rmax")


def fastest(result: Result) -> list[Case]:
    """Return the fastest proven burst of each dtype, fastest first; floating point before integers.

    That is one of the vendor's GEMM where there is any: an own kernel stands beside it.
    """
    best: dict[str, Case] = {}
    for case in result.cases:
        if (
            case.stats
            and case.regime == "burst"
            and case.dtype in DTYPES
            and has_proof(case)
            and counts_operations(case)
            and (case.dtype not in best or _precedence(case) > _precedence(best[case.dtype]))
        ):
            best[case.dtype] = case
    return sorted(best.values(), key=lambda case: (DTYPES[case.dtype].is_integer, -_rate(case)))


def _precedence(case: Case) -> tuple[bool, float]:
    """Return by what a case is chosen: whether it is the vendor's, then by its rate."""
    return not is_own(case), _rate(case)


def _rate(case: Case) -> float:
    return case.stats.rate.median if case.stats else 0.0


def marks(cases: Sequence[Case]) -> list[Mark]:
    """Return where the cases stand on the ladder: those of floating point, or all where every case is of integers."""
    floating = [case for case in cases if not DTYPES[case.dtype].is_integer]
    return [
        Mark(f"{case.dtype} {case.backend}, {case.device}", _rate(case), DTYPES[case.dtype].unit, case.dtype)
        for case in floating or cases
    ]


def comparisons(result: Result, cases: Sequence[Case]) -> list[Standing]:
    """Return each total beside the rate it can be compared with, or the reason why none here can."""
    found = []
    for id in BESIDE:
        tried = [compare(aggregate(id), _measured(result, case)) for case in cases]
        if tried:
            found.append(next((one for one in tried if one.counts), tried[0]))
    return found


def _measured(result: Result, case: Case) -> Measured:
    """Return the rate as it is printed, so that whoever computes with it finds the same."""
    dtype = DTYPES[case.dtype]
    peaks = (peak for peak in result.peaks if limit_of(peak) == limit_key(case))
    datasheet = next((peak.rate_per_s for peak in peaks if peak.basis == "datasheet"), None)
    return Measured(round_digits(_rate(case), PRINTED_DIGITS), dtype.unit, dtype, datasheet)
