"""The first architecture that computes in each dtype."""

from __future__ import annotations

import pytest

from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.peaks.first_sm import FIRST_SM, require_sm
from flopsbench.peaks.per_clock import WORK_PER_CLOCK_OF_SM


def test_every_dtype_has_a_first_architecture() -> None:
    assert set(FIRST_SM) == set(DTYPES)


@pytest.mark.parametrize(("dtype", "number"), FIRST_SM.items())
def test_the_first_architecture_computes_and_the_one_before_it_does_not(dtype: str, number: int) -> None:
    require_sm(dtype, f"sm_{number}")
    require_sm(dtype, "sm_120a")
    with pytest.raises(Unsupported, match=f"{dtype} needs sm_{number} or newer, this is sm_{number - 1}"):
        require_sm(dtype, f"sm_{number - 1}")


@pytest.mark.parametrize(("arch", "named"), [(None, "unknown"), ("gfx942", "gfx942"), ("", "unknown")])
def test_an_architecture_that_is_not_nvidias_computes_in_none(arch: str | None, named: str) -> None:
    with pytest.raises(Unsupported, match=f"fp64 needs sm_50 or newer, this is {named}"):
        require_sm("fp64", arch)


def test_no_sm_does_work_in_a_dtype_it_lacks() -> None:
    for arch, work in WORK_PER_CLOCK_OF_SM.items():
        for dtype in work:
            require_sm(dtype, arch)
