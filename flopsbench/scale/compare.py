"""Sets a rate beside a published total: how fair that is, and how many such devices make the total.

Counts of devices are never finer than the source. They have at most its significant digits, and at most 3 where the
two are like for like, 2 where there is a caveat. Zeros at the end of an integer are not significant.
"""

from __future__ import annotations

from flopsbench.dtype import DType
from flopsbench.errors import UsageError
from flopsbench.peaks.datasheet import nameplate
from flopsbench.scale.aggregates import H100_EQUIVALENT, Aggregate
from flopsbench.scale.rules import caveats, counted_precision, obstacle
from flopsbench.scale.standing import Counts, Measured, Standing
from flopsbench.units import round_digits
from flopsbench.words.reason import Reason

DIGITS_WITH_CAVEAT, DIGITS_LIKE_FOR_LIKE = 2, 3  # of a count, at most
ASSUMABLE = ("fp64", "fp32", "fp16", "bf16", "fp8")


def compare(total: Aggregate, measured: Measured, assume_precision: str | None = None) -> Standing:
    """Set a rate beside a total as far as that is fair; ``assume_precision`` holds where the source states none."""
    if assume_precision is not None and assume_precision not in ASSUMABLE:
        raise UsageError(
            Reason("precision_not_assumable", precision=repr(assume_precision), known=", ".join(ASSUMABLE))
        )
    precision = counted_precision(total, measured, assume_precision)
    forbidden = obstacle(total, measured, precision)
    if forbidden is not None or measured.dtype is None:
        return Standing(total, measured, "not compared", (forbidden or Reason("need_dtype"),), None)
    reasons = caveats(total, measured, measured.dtype, precision, assume_precision)
    counts = _counts(total, measured, measured.dtype, reasons)
    return Standing(total, measured, "with caveat" if reasons else "like-for-like", reasons, counts)


def _counts(total: Aggregate, measured: Measured, dtype: DType, reasons: tuple[Reason, ...]) -> Counts:
    """Return how many devices make the total, rounded to the digits that the source allows."""
    digits = min(total.digits, DIGITS_WITH_CAVEAT if reasons else DIGITS_LIKE_FOR_LIKE)
    total_per_s = dense_per_s(total, dtype)
    achieved = total_per_s / measured.rate_per_s
    peak, scaling = measured.peak_per_s, measured.scaling
    at_peak = total_per_s / peak if peak and total.basis != "achieved" else None
    scaled = achieved / scaling.efficiency if scaling and scaling.devices > 1 else None
    maybe_sparse = any(reason.code == "sparsity_unstated" for reason in reasons)
    return Counts(
        achieved=round_digits(achieved, digits),
        share=round_digits(1 / achieved, digits),
        digits=digits,
        at_peak=round_digits(at_peak, digits) if at_peak else None,
        scaled=round_digits(scaled, digits) if scaled else None,
        if_sparse=round_digits((at_peak or achieved) / 2, digits) if maybe_sparse else None,
    )


def dense_per_s(total: Aggregate, dtype: DType) -> float:
    """Return the total as a dense rate in FLOP/s, in OP/s for H100-equivalents beside an integer rate.

    Raise UsageError for a count of chips, which has no rate.
    """
    if total.unit == "H100e":
        return int(total.value) * nameplate(H100_EQUIVALENT, dtype.name).rate_per_s
    rate_per_s = total.rate.value_per_s
    return rate_per_s / 2 if total.sparsity == "sparse" else rate_per_s
