"""What a reader is told of a GPU that is too old for a dtype."""

from __future__ import annotations

import pytest

from flopsbench.backends.architecture import require_sm
from flopsbench.errors import Unsupported
from flopsbench.peaks.first_sm import FIRST_SM
from flopsbench.words.reason import Reason


@pytest.mark.parametrize(("dtype", "number"), FIRST_SM.items())
def test_an_older_architecture_is_refused_by_name(dtype: str, number: int) -> None:
    require_sm(dtype, f"sm_{number}")
    with pytest.raises(Unsupported, match=f"{dtype} needs sm_{number} or newer, this is sm_{number - 1}") as refusal:
        require_sm(dtype, f"sm_{number - 1}")
    assert isinstance(refusal.value.reason, Reason)


@pytest.mark.parametrize(("arch", "named"), [(None, "unknown"), ("gfx942", "gfx942"), ("", "unknown")])
def test_one_that_is_not_nvidias_is_refused(arch: str | None, named: str) -> None:
    with pytest.raises(Unsupported, match=f"fp64 needs sm_50 or newer, this is {named}"):
        require_sm("fp64", arch)
