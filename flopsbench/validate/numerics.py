"""Checks whether a rate is proven, and whether its error is that of the arithmetic its dtype names."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.dtype import DTYPES, NAMED
from flopsbench.proof.bands import FEWEST_FOR_BAND, FEWEST_TERMS, Band, band_of, band_of_products
from flopsbench.result.types import METHODS, Case, ComputeRecord, Proof, significant
from flopsbench.units import general
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

# The storage format of A by dtype. B has the same, except that cuBLAS multiplies e5m2 by e4m3 alone.
STORAGE = {name: "fp32" if name == "tf32" else name for name in DTYPES}
OUTPUTS = {"int8": {"int32"}, "fp8_e4m3": {"bf16"}, "fp8_e5m2": {"bf16"}, "bf16": {"bf16", "fp32"}}

MODES = {"ieee", "ieee, fast accumulation off", "ieee, denormals flushed", "tf32"}

# An error below is that of wider arithmetic: rounding C alone costs 0.3 x 2^-24 in fp32, and no order of sums in
# fp64 gives every element of C64 to the last bit.
LEAST_ERROR = {"fp32": 1e-8, "fp64": 1e-18}


def dtype_findings(case: Case) -> Iterator[Finding]:
    """Yield a finding where the dtype of a case is none that flopsbench knows, or one that it does not measure."""
    if case.dtype not in (NAMED if case.status == "unsupported" else DTYPES):
        yield Finding("numerics.arithmetic", Reason("no_number_format", dtype=case.dtype), case.case)


def proof_findings(case: Case, method: int) -> Iterator[Finding]:
    """Yield the findings about the arithmetic and the proof of one measured case, by that version of the method.

    Only the first kind that is found is told, since it explains those behind it.
    """
    if (compute := case.compute) is None:
        return
    if complaint := _arithmetic_complaint(case, compute):
        yield Finding("numerics.arithmetic", complaint, case.case)
    elif case.proof is None:
        yield Finding("numerics.proof", Reason("rate_without_proof"), case.case)
    elif complaint := _proof_complaint(case.proof):
        yield Finding("numerics.proof", complaint, case.case)
    else:
        yield from _error_findings(case, compute, case.proof, method)


def _arithmetic_complaint(case: Case, compute: ComputeRecord) -> str | None:
    """Return what in a case differs from the arithmetic that its dtype stands for; None where nothing does."""
    dtype, mode = DTYPES[case.dtype], compute.math.partition(",")[0]
    storage = STORAGE[case.dtype]
    if case.data != "normal":
        return Reason("other_data", data=repr(case.data))
    if compute.a != storage or compute.b not in ({storage, "fp8_e4m3"} if case.dtype == "fp8_e5m2" else {storage}):
        return Reason("other_operands", dtype=case.dtype, a=compute.a, b=compute.b)
    if compute.c not in OUTPUTS.get(case.dtype, {storage}):
        return Reason("other_product", dtype=case.dtype, c=compute.c)
    if compute.accumulate != dtype.accumulate:
        return Reason("other_sums", dtype=case.dtype, sums=compute.accumulate)
    if mode != ("tf32" if case.dtype == "tf32" else "ieee") or compute.math not in MODES:
        return Reason("other_math", dtype=case.dtype, math=compute.math)
    return None


def _proof_complaint(proof: Proof) -> str | None:
    """Return why a proof does not prove anything; None where it does."""
    if not proof.passed or proof.reason:
        return Reason("proof_not_passed")
    if proof.max_residual is None or proof.rms_error is None:
        return Reason("proof_without_figures")
    return None


def _error_findings(case: Case, compute: ComputeRecord, proof: Proof, method: int) -> Iterator[Finding]:
    """Yield a finding where an error lies outside the method's band, or outside the band that the document states."""
    band = _band(case, compute, method)
    error, residual = proof.rms_error, proof.max_residual
    if band is None or error is None or residual is None:
        return
    low, high = proof.rms_band or (band.rms_low, band.rms_high)
    if not _least_error(case, compute, band) <= error <= band.rms_high:
        sentence = Reason("other_error", error=general(error, 2))
        yield Finding("numerics.fingerprint", sentence, case.case)
    elif residual > min(band.residual, proof.bound) or not low <= error <= high:
        figures = Reason("residual_and_error", residual=general(residual, 2), error=general(error, 2))
        sentence = Reason("passed_beyond_limits", figures=figures)
        yield Finding("numerics.proof", sentence, case.case)
    elif proof.bound != band.residual or proof.rms_band != (band.rms_low, band.rms_high):
        yield Finding("numerics.band", Reason("other_band"), case.case)


def _band(case: Case, compute: ComputeRecord, method: int) -> Band | None:
    """Return the band that a version of the method holds a case to, in the digits that documents keep.

    It is None where nobody knows how its arithmetic errs.
    """
    key = (compute.a, compute.math, compute.c)
    first = method == min(METHODS)
    band = band_of(*key, case.m * case.n, case.k) if first else band_of_products(*key, case.m, case.n, case.k)
    if band is None:
        return None
    return Band(significant(band.residual), significant(band.rms_low), significant(band.rms_high), band.source)


def _least_error(case: Case, compute: ComputeRecord, band: Band) -> float:
    """Return the smallest error that the arithmetic of a case can have."""
    if case.m * case.n < FEWEST_FOR_BAND or case.k < FEWEST_TERMS or compute.a != compute.c:
        return band.rms_low
    return max(band.rms_low, LEAST_ERROR.get(compute.c, 0.0))
