"""Decides whether a rate may be set beside a total, and what a reader must know when it may."""

from __future__ import annotations

from collections.abc import Mapping

from flopsbench.dtype import DTYPES, DType
from flopsbench.peaks.datasheet import nameplate
from flopsbench.scale.aggregates import H100_EQUIVALENT, Aggregate
from flopsbench.scale.standing import Measured
from flopsbench.units import format_rate
from flopsbench.words.catalogue import precision as print_precision
from flopsbench.words.reason import Reason

# Formats that may be compared have one width and run on the same units. TF32 has no partner: no total counts it.
_FAMILY = {"bf16": "fp16", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8"}
_SPARSE_FAMILIES = frozenset({"fp16", "fp8"})  # formats that vendors also sell with 2:4 sparsity
_NEVER_SPARSE = frozenset({"fp64", "fp32"})  # formats in which no chip has it


def counted_precision(total: Aggregate, measured: Measured, assume: str | None) -> str:
    """Return the precision a total counts: as stated, else as assumed; H100-equivalents take that of the rate."""
    if total.unit == "H100e":
        return measured.dtype.name if measured.dtype else "unstated"
    if total.precision == "unstated":
        return assume or total.precision_or_assumed
    return total.precision


def family(precision: str) -> str:
    """Return the name that formats of one width share: "fp16" for FP16 and BF16."""
    return _FAMILY.get(precision, precision)


def formats(precision: str) -> str:
    """Return the formats of the width of a precision as they are printed: "BF16 / FP16"."""
    names = [name for name in DTYPES if family(name) == family(precision)] or [precision]
    return " / ".join(print_precision("en", name) for name in names)


def obstacle(total: Aggregate, measured: Measured, precision: str) -> Reason | None:
    """Return the first reason that forbids the comparison, or None."""
    if mixture := mixed(total):
        return mixture
    if total.unit == "chips":
        return Reason("chips")
    if measured.unit == "OP/s" and total.unit != "H100e":
        return Reason("integer")
    if measured.dtype is None:
        return Reason("need_dtype")
    if total.unit == "H100e":
        return None if family(precision) in _SPARSE_FAMILIES | {"int8"} else Reason("h100e_differs")
    if precision == "unstated":
        return Reason("precision_unstated")
    return None if family(precision) == family(measured.dtype.name) else _differs(precision, measured.dtype)


def mixed(total: Aggregate) -> Reason | None:
    """Return why nothing is counted from a total that is of several precisions; None for any other."""
    if total.precision != "mixed":
        return None
    return Reason("mixed") if total.benchmark == "HPL-MxP" else Reason("mixed_kinds")


def is_hpl(total: Aggregate) -> bool:
    """Return whether a total was achieved in HPL, which counts FP64 alone."""
    return total.basis == "achieved" and total.benchmark == "HPL"


def has_no_sparsity(total: Aggregate) -> bool:
    """Return whether a total counts in a format that has no 2:4 sparsity, whatever its source leaves unsaid."""
    return total.precision_or_assumed in _NEVER_SPARSE


def _differs(precision: str, dtype: DType) -> Reason:
    """Return the reason that the two precisions differ, with the dtypes to measure with instead."""
    remedies = " / ".join(name for name in DTYPES if family(name) == family(precision))
    names = {"precision": print_precision("en", precision), "dtype": print_precision("en", dtype.name)}
    return Reason("precision_differs", **names, remedy=remedies) if remedies else _unmeasurable(names)


def _unmeasurable(names: Mapping[str, str]) -> Reason:
    """Return the reason that no dtype can be measured in the total's precision."""
    return Reason("precision_unmeasurable", precision=names["precision"])


def caveats(
    total: Aggregate, measured: Measured, dtype: DType, precision: str, assume: str | None
) -> tuple[Reason, ...]:
    """Return everything a reader must know before relying on the counts; nothing means like for like."""
    candidates = (
        Reason(total.outlook) if total.outlook else None,
        _assumption(total, precision, assume),
        _format(total, dtype, precision),
        Reason("basis_unknown") if total.basis == "unknown" else None,
        _hpl_bound(total, measured),
        _sparsity(total, precision),
        Reason("no_peak") if measured.peak_per_s is None and total.basis != "achieved" else None,
    )
    return tuple(reason for reason in candidates if reason)


def _assumption(total: Aggregate, precision: str, assume: str | None) -> Reason | None:
    """Return the caveat that the total's precision is assumed."""
    if total.precision != "unstated" or total.unit == "H100e":
        return None
    printed = print_precision("en", precision)
    if assume is not None:
        return Reason("assumed_by_user", precision=printed)
    return Reason("assumed", precision=printed, why=(total.assumption_en, total.assumption_zh))


def _format(total: Aggregate, dtype: DType, precision: str) -> Reason | None:
    """Return the caveat that the two formats are not one."""
    names = {"dtype": print_precision("en", dtype.name), "precision": print_precision("en", precision)}
    if total.unit == "H100e":
        peak = nameplate(H100_EQUIVALENT, dtype.name)
        return Reason("h100e", dtype=names["dtype"], peak=format_rate(peak.rate_per_s, peak.unit))
    same = dtype.name == precision or precision == "fp8"  # a total in FP8 does not say which of the two
    return None if same else Reason("family", **names)


def _hpl_bound(total: Aggregate, measured: Measured) -> Reason | None:
    """Return the caveat that GEMM is faster than HPL: a count is too small then, a multiple too high."""
    if not is_hpl(total):
        return None
    exceeded = measured.rate_per_s >= total.rate.value_per_s
    return Reason("hpl_exceeded") if exceeded else Reason("hpl_bound")


def _sparsity(total: Aggregate, precision: str) -> Reason | None:
    """Return the caveat that the total counts 2:4 sparsity, or may count it."""
    if total.sparsity == "sparse":
        return Reason("sparse_halved")
    unsaid = total.sparsity == "unstated" and not total.is_count
    return Reason("sparsity_unstated") if unsaid and family(precision) in _SPARSE_FAMILIES else None
