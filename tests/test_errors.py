"""What an error carries for the user."""

from __future__ import annotations

import pytest

from flopsbench.errors import Unsupported
from flopsbench.words.reason import Reason


def test_a_reason_stays_one() -> None:
    reason = Reason("numpy_no_blas", dtype="fp16")
    error = Unsupported(reason)
    assert error.reason is reason
    assert (str(error), type(str(error))) == ("numpy has no BLAS path for fp16", str)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Unsupported("any text"), "any text"),
        (Unsupported(), ""),
        (Unsupported(3), "3"),
        (Unsupported("bf16", 80), "('bf16', 80)"),
        (Unsupported(ValueError("no fp8")), "no fp8"),
    ],
)
def test_a_backend_of_others_may_raise_it_with_anything(error: Unsupported, text: str) -> None:
    assert error.reason == text == str(error)
    assert not isinstance(error.reason, Reason)
