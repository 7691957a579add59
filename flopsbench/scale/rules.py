"""The rules of fair comparison: what forbids setting a rate beside a total, and what a reader must then know."""

from __future__ import annotations

from collections.abc import Mapping

from flopsbench.dtype import DTYPES, DType
from flopsbench.peaks.datasheet import nameplate
from flopsbench.scale.aggregates import Aggregate
from flopsbench.scale.standing import Measured, Reason
from flopsbench.units import format_rate
from flopsbench.words.catalogue import precision as print_precision

# What may stand beside each other: formats of one width, made for the same units. TF32 is alone: no total counts it.
_FAMILY = {"bf16": "fp16", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8"}
_SPARSE_FAMILIES = frozenset({"fp16", "fp8"})  # formats that vendors also sell with 2:4 sparsity


def counted_precision(total: Aggregate, measured: Measured, assume: str | None) -> str:
    """The precision a total counts: as stated, else as assumed; H100-equivalents take that of the rate."""
    if total.unit == "H100e":
        return measured.dtype.name if measured.dtype else "unstated"
    if total.precision == "unstated":
        return assume or total.assumed_precision or "unstated"
    return total.precision


def _family(precision: str) -> str:
    return _FAMILY.get(precision, precision)


def obstacle(total: Aggregate, measured: Measured, precision: str) -> Reason | None:
    """The first rule that forbids the comparison, or None."""
    if total.precision == "mixed":
        return Reason("mixed")
    if total.unit == "chips":
        return Reason("chips")
    if measured.unit == "OP/s" and total.unit != "H100e":
        return Reason("integer")
    if measured.dtype is None:
        return Reason("need_dtype")
    if total.unit == "H100e":
        return None if _family(precision) in _SPARSE_FAMILIES | {"int8"} else Reason("h100e_differs")
    if precision == "unstated":
        return Reason("precision_unstated")
    return None if _family(precision) == _family(measured.dtype.name) else _differs(precision, measured.dtype)


def _differs(precision: str, dtype: DType) -> Reason:
    remedies = " / ".join(name for name in DTYPES if _family(name) == _family(precision))
    names = {"precision": print_precision("en", precision), "dtype": print_precision("en", dtype.name)}
    return Reason("precision_differs", {**names, "remedy": remedies}) if remedies else _unmeasurable(names)


def _unmeasurable(names: Mapping[str, str]) -> Reason:
    return Reason("precision_unmeasurable", {"precision": names["precision"]})


def caveats(
    total: Aggregate, measured: Measured, dtype: DType, precision: str, assume: str | None
) -> tuple[Reason, ...]:
    """Everything a reader must know before taking the counts at their word; empty means like for like."""
    candidates = (
        Reason(total.outlook) if total.outlook else None,
        _assumption(total, precision, assume),
        _format(total, dtype, precision),
        Reason("basis_unknown") if total.basis == "unknown" else None,
        Reason("hpl_bound") if total.basis == "achieved" else None,
        _sparsity(total, precision),
        Reason("no_peak") if measured.peak_per_s is None and total.basis != "achieved" else None,
    )
    return tuple(reason for reason in candidates if reason)


def _assumption(total: Aggregate, precision: str, assume: str | None) -> Reason | None:
    if total.precision != "unstated" or total.unit == "H100e":
        return None
    printed = print_precision("en", precision)
    if assume is not None:
        return Reason("assumed_by_user", {"precision": printed})
    return Reason("assumed", {"precision": printed, "why": (total.assumption_en, total.assumption_zh)})


def _format(total: Aggregate, dtype: DType, precision: str) -> Reason | None:
    names = {"dtype": print_precision("en", dtype.name), "precision": print_precision("en", precision)}
    if total.unit == "H100e":
        peak = nameplate("h100-sxm", dtype.name)
        return Reason("h100e", {"dtype": names["dtype"], "peak": format_rate(peak.rate_per_s, peak.unit)})
    same = dtype.name == precision or precision == "fp8"  # a total in FP8 does not say which of the two
    return None if same else Reason("family", names)


def _sparsity(total: Aggregate, precision: str) -> Reason | None:
    if total.sparsity == "sparse":
        return Reason("sparse_halved")
    unsaid = total.sparsity == "unstated" and not total.is_count
    return Reason("sparsity_unstated") if unsaid and _family(precision) in _SPARSE_FAMILIES else None
