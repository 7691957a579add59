"""The bands: each has a source and room, and few elements have a wide one."""

from __future__ import annotations

import pytest

from flopsbench.proof.bands import BANDS, FEWEST_FOR_BAND, FEWEST_TERMS, band_of


@pytest.mark.parametrize("key", BANDS, ids="-".join)
def test_every_band_has_a_source_and_room(key: tuple[str, str, str]) -> None:
    band = BANDS[key]
    assert band.source
    assert 0 <= band.rms_low <= band.rms_high <= band.residual


@pytest.mark.parametrize("key", BANDS, ids="-".join)
def test_what_follows_a_comma_in_the_mode_changes_no_digit(key: tuple[str, str, str]) -> None:
    operands, mode, product = key
    band = band_of(operands, f"{mode}, fast accumulation off", product, FEWEST_FOR_BAND, FEWEST_TERMS)
    assert band == BANDS[key]


@pytest.mark.parametrize("key", [("int4", "ieee", "int32"), ("fp32", "bf16x9", "fp32"), ("fp32", "ieee", "fp64")])
def test_an_arithmetic_that_nobody_knows_has_none(key: tuple[str, str, str]) -> None:
    assert band_of(*key, 4096, 4096) is None


@pytest.mark.parametrize(("elements", "terms"), [(FEWEST_FOR_BAND - 1, 64), (4096, FEWEST_TERMS - 1)])
def test_few_elements_and_short_sums_have_a_wide_band(elements: int, terms: int) -> None:
    band = band_of("bf16", "ieee", "bf16", elements, terms)
    assert band is not None
    assert (band.rms_low, band.rms_high) == (0, band.residual)
