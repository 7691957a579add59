"""Whether a rate is proven, and its error is the error of the arithmetic it claims."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.dtype import DTYPES
from flopsbench.proof.bands import FEWEST_FOR_BAND, FEWEST_TERMS, Band, band_of
from flopsbench.result.types import Case, ComputeRecord, Proof
from flopsbench.validate.finding import Finding

# What holds A, by dtype; B is held likewise, but that cuBLAS multiplies e5m2 by e4m3 alone.
STORAGE = {name: "fp32" if name == "tf32" else name for name in DTYPES}
OUTPUTS = {"int8": {"int32"}, "fp8_e4m3": {"bf16"}, "fp8_e5m2": {"bf16"}, "bf16": {"bf16", "fp32"}}

MODES = {"ieee", "ieee, fast accumulation off", "ieee, denormals flushed", "tf32"}

# An error below is that of wider arithmetic: rounding C alone costs 0.3 x 2^-24 in fp32, and no order of sums in
# fp64 gives every element of C64 to the last bit.
LEAST_ERROR = {"fp32": 1e-8, "fp64": 1e-18}


def check(case: Case) -> Iterator[Finding]:
    """Findings of one measured case, the first kind alone: one explains the next."""
    if (compute := case.compute) is None:
        return
    if complaint := _about_arithmetic(case, compute):
        yield Finding("numerics.arithmetic", complaint, case.case)
    elif case.proof is None:
        yield Finding("numerics.proof", "has a rate but no proof", case.case)
    elif complaint := _about_proof(case.proof):
        yield Finding("numerics.proof", complaint, case.case)
    else:
        yield from _about_error(case, compute, case.proof)


def _about_arithmetic(case: Case, compute: ComputeRecord) -> str | None:
    dtype, mode = DTYPES[case.dtype], compute.math.partition(",")[0]
    storage = STORAGE[case.dtype]
    if case.data != "normal":
        return f"ran on {case.data!r} data, not on normal"
    if compute.a != storage or compute.b not in ({storage, "fp8_e4m3"} if case.dtype == "fp8_e5m2" else {storage}):
        return f"is {case.dtype} by name, but its operands are {compute.a} and {compute.b}"
    if compute.c not in OUTPUTS.get(case.dtype, {storage}):
        return f"is {case.dtype} by name, but its product is {compute.c}"
    if compute.accumulate != dtype.accumulate:
        return f"is {case.dtype} by name, but its sums are {compute.accumulate}"
    if mode != ("tf32" if case.dtype == "tf32" else "ieee") or compute.math not in MODES:
        return f"is {case.dtype} by name, but its mode is {compute.math}"
    return None


def _about_proof(proof: Proof) -> str | None:
    if not proof.passed or proof.reason:
        return "has a rate but failed its proof"
    if proof.max_residual is None or proof.rms_error is None:
        return "was proven without a residual or an error"
    return None


def _about_error(case: Case, compute: ComputeRecord, proof: Proof) -> Iterator[Finding]:
    """By today's band, and by what the document says it was held to."""
    band = band_of(compute.a, compute.math, compute.c, elements=case.m * case.n, terms=case.k)
    error, residual = proof.rms_error, proof.max_residual
    if band is None or error is None or residual is None:
        return
    low, high = proof.rms_band or (band.rms_low, band.rms_high)
    if not _least(case, compute, band) <= error <= band.rms_high:
        sentence = f"has an error of {error:.2g}, which is not that of its arithmetic"
        yield Finding("numerics.fingerprint", sentence, case.case)
    elif residual > min(band.residual, proof.bound) or not low <= error <= high:
        sentence = f"passed with a residual of {residual:.2g} and an error of {error:.2g}, which its limits forbid"
        yield Finding("numerics.proof", sentence, case.case)
    elif proof.bound != band.residual or proof.rms_band != (band.rms_low, band.rms_high):
        yield Finding("numerics.band", "was proven within other limits than today's", case.case)


def _least(case: Case, compute: ComputeRecord, band: Band) -> float:
    if case.m * case.n < FEWEST_FOR_BAND or case.k < FEWEST_TERMS or compute.a != compute.c:
        return band.rms_low
    return max(band.rms_low, LEAST_ERROR.get(compute.c, 0.0))
