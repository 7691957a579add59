"""Says what is wrong with a product, and puts what was found of several into one Proof. It loads no array library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.proof.bands import Band
from flopsbench.proof.ledger import Ledger
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Proof
from flopsbench.units import general
from flopsbench.words.reason import Reason

METHOD = (
    "Freivalds over all of C, 4 or more sign vectors; 8 or more rows x 512 columns, or all there are, "
    "in twice the precision of float64"
)
IMPRECISE = 0.05  # the right product in the coarsest arithmetic stays below; one missing tile of 64x64 is above
NOTHING = Band(0, 0, 0, "")


class Found(NamedTuple):
    """Found is what was found of one product, and what is wrong with it.

    It has no figures where C holds values that are not finite, or all of A's rows are planted.
    """

    band: Band
    residual: float | None = None
    error: float | None = None
    complaint: Reason | None = None


def refused(complaint: Reason) -> Proof:
    """Return the proof of what was not judged: it failed."""
    return proof_of([Found(NOTHING, complaint=complaint)], "nothing")


def proof_of(found: Sequence[Found], checked: str) -> Proof:
    """Return the proof with the largest figures of all products; it failed where there is a complaint.

    The limits are the widest, as few elements have wider ones.
    """
    residuals = [each.residual for each in found if each.residual is not None]
    errors = [each.error for each in found if each.error is not None]
    complaint = next((each.complaint for each in found if each.complaint), None)
    return Proof(
        method=METHOD,
        passed=complaint is None and bool(residuals) and bool(errors),
        bound=max(each.band.residual for each in found),
        checked=checked,
        max_residual=max(residuals, default=None),
        rms_error=max(errors, default=None),
        rms_band=(min(each.band.rms_low for each in found), max(each.band.rms_high for each in found)),
        **sentence_fields(reason=complaint),
    )


def audited(proof: Proof, ledger: Ledger) -> Proof:
    """Return the proof, which fails where timed launches did not do the work that launches on new operands do."""
    if not proof.passed or (times := ledger.times_longer()) is None:
        return proof
    return replace(proof, passed=False, **sentence_fields(reason=Reason("work_not_done", times=general(times, 3))))


def without_band(operands: str, math: str, product: str) -> Reason:
    """Say that nobody knows how far a right product errs in an arithmetic, named by its formats and its mode."""
    return Reason("no_error_band", operands=operands, math=math, product=product)


def not_finite() -> Reason:
    """Say that C holds what no launch has computed."""
    return Reason("product_not_finite")


def not_the_product(residual: float, band: Band) -> Reason:
    """Say that C is not A·B."""
    return Reason("not_the_product", residual=general(residual, 2), bound=general(band.residual))


def complaint_of(residual: float, error: float, band: Band) -> Reason | None:
    """Return what is wrong with the product; None for a right one."""
    if residual > band.residual and (residual > IMPRECISE or not error > band.rms_high > 0):
        return not_the_product(residual, band)
    if error > band.rms_high:
        return Reason("less_precise", error=general(error, 2), most=general(band.rms_high))
    if error < band.rms_low:
        return Reason("more_precise", error=general(error, 2), least=general(band.rms_low))
    return None
