"""The first architecture that computes in each dtype."""

from __future__ import annotations

import pytest

from flopsbench.dtype import DTYPES
from flopsbench.peaks.first_sm import FIRST_SM, sm_needed
from flopsbench.peaks.per_clock import WORK_PER_CLOCK_OF_SM


def test_every_dtype_has_a_first_architecture() -> None:
    assert set(FIRST_SM) == set(DTYPES)


@pytest.mark.parametrize(("dtype", "number"), FIRST_SM.items())
def test_the_first_architecture_computes_and_the_one_before_it_does_not(dtype: str, number: int) -> None:
    assert sm_needed(dtype, f"sm_{number}") is None
    assert sm_needed(dtype, "sm_120a") is None
    assert sm_needed(dtype, f"sm_{number - 1}") == f"sm_{number}"


@pytest.mark.parametrize("arch", [None, "gfx942", ""])
def test_an_architecture_that_is_not_nvidias_computes_in_none(arch: str | None) -> None:
    assert sm_needed("fp64", arch) == "sm_50"


def test_no_sm_does_work_in_a_dtype_it_lacks() -> None:
    for arch, work in WORK_PER_CLOCK_OF_SM.items():
        assert not any(sm_needed(dtype, arch) for dtype in work)
