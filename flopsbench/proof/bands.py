"""States how far a right product errs in each arithmetic: the error bands of the proof. It loads no array library."""

from __future__ import annotations

from dataclasses import dataclass, replace

FEWEST_FOR_BAND = 128  # the rms error of fewer elements scatters more than the bands are wide
FEWEST_TERMS = 8  # sums of fewer products of N(0,1) are not yet normally distributed, and their rms scatters likewise


@dataclass(frozen=True, slots=True)
class Band:
    """A Band states the largest residual of a right product, and the range its rms error must lie in.

    ``source`` says where the figures come from. Both are as proof.judge finds them, without unit.
    """

    residual: float
    rms_low: float
    rms_high: float
    source: str


MEASURED = "right and wrong products of N(0,1), n up to 2048, on a Zen 4 CPU"
UNMEASURED = "wide on purpose: rounding to bf16 is 1.7e-3 on a CPU, Hopper's tensor cores keep some 14 bits of a sum"

# By what a document says was computed: (A, math mode, C). The gap to the nearest wrong arithmetic is at least 2 x:
# fp32 errs by 2.1e-7 where fp64 was asked for, TF32 by 2.9e-4 where fp32 was, bf16 sums by 2.6e-3 where fp32 sums
# were, and a product more precise than its name (no tf32, no bf16 rounding) is another arithmetic too.
BANDS = {
    ("fp64", "ieee", "fp64"): Band(1e-12, 0, 1e-12, MEASURED),
    ("fp32", "ieee", "fp32"): Band(1e-4, 0, 2e-5, MEASURED),
    ("fp32", "tf32", "fp32"): Band(5e-3, 1e-4, 1.3e-3, MEASURED),
    ("bf16", "ieee", "bf16"): Band(1.5e-2, 1e-3, 2.2e-3, MEASURED),
    ("bf16", "ieee", "fp32"): Band(1e-4, 0, 1e-5, MEASURED),
    ("fp16", "ieee", "fp16"): Band(3e-3, 1e-4, 4e-4, MEASURED),
    ("fp8_e4m3", "ieee", "bf16"): Band(3e-2, 1e-3, 6e-3, UNMEASURED),
    ("fp8_e5m2", "ieee", "bf16"): Band(3e-2, 1e-3, 6e-3, UNMEASURED),
    ("int8", "ieee", "int32"): Band(0, 0, 0, "integer sums are exact"),
}


def band_of(a: str, math: str, c: str, elements: int, terms: int) -> Band | None:
    """Return the band of a product of ``elements``, each a sum of ``terms`` products; None for an unknown arithmetic.

    ``a``, ``math`` and ``c`` are what a document says was computed.
    """
    band = BANDS.get((a, math.partition(",")[0], c))  # what follows a comma changes no digit of these operands
    if band and (elements < FEWEST_FOR_BAND or terms < FEWEST_TERMS):
        return replace(band, rms_low=0, rms_high=band.residual)
    return band
