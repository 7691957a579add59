"""Tests that the example in CONTRIBUTING.md measures what is right and refuses what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import example


@pytest.mark.slow
def test_the_example_measures_and_proves() -> None:
    found = example.measure(np.matmul, n=128)
    assert found.rate_per_s > 0
    assert found.ceiling_per_s is None or found.ceiling_per_s > 0
    assert 0 <= found.residual < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    "lie",
    [
        lambda a, b, c: None,
        lambda a, b, c: np.copyto(c, 0.0),
        lambda a, b, c: np.matmul(b, a, out=c),
        lambda a, b, c: np.copyto(c, (a.astype(np.float32) @ b.astype(np.float32))),
    ],
    ids=["nothing", "zeros", "swapped", "in fp32"],
)
def test_the_example_refuses_what_is_not_the_product(lie: example.Multiply) -> None:
    with pytest.raises(ValueError, match="C is not A·B"):
        example.measure(lie, n=64)


def test_contributing_shows_it() -> None:
    contributing = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
    body = Path(example.__file__).read_text().partition("def measure")[2].partition("\n\n\n")[0]
    assert f"def measure{body}" in contributing, "CONTRIBUTING.md shows an older version of tests/example.py"
