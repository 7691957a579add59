"""What the test of a product takes: signs as many as it needs, root mean squares, and slices that are the whole."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.proof.freivalds import ENOUGH_SUMS, VECTORS, draw_signs, rms, slices

edges = st.integers(1, 70)


@given(m=edges, n=edges, k=edges, seed=st.integers(0, 2**32))
def test_every_element_of_a_vector_is_a_sign(m: int, n: int, k: int, seed: int) -> None:
    signs = draw_signs(np.random.default_rng(seed), m, k, n)
    assert signs.dtype == np.float64
    assert signs.shape[1] == n
    assert set(np.unique(signs)) <= {-1.0, 1.0}


@given(m=edges, n=edges, k=edges)
def test_there_are_so_many_that_their_sums_are_not_all_small_by_chance(m: int, n: int, k: int) -> None:
    count = len(draw_signs(np.random.default_rng(1), m, k, n))
    assert count >= VECTORS == 4
    assert count * min(m, k) >= ENOUGH_SUMS == 32
    assert count == VECTORS or (count - 1) * min(m, k) < ENOUGH_SUMS


def test_both_signs_come_as_often_and_each_vector_is_another() -> None:
    signs = draw_signs(np.random.default_rng(1), 64, 64, 10_000)
    assert abs(signs.mean()) < 4 / sqrt(signs.size)
    assert len(np.unique(signs, axis=0)) == VECTORS


@pytest.mark.parametrize(("values", "expected"), [([3.0, 4.0], sqrt(12.5)), ([0.0], 0.0), ([-2.0, 2.0], 2.0)])
def test_the_root_mean_square(values: Any, expected: float) -> None:
    assert rms(np.array(values)) == pytest.approx(expected)
    assert np.isnan(rms(np.array([*values, np.nan])))


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), most=st.integers(1, 500))
def test_slices_are_the_whole_in_rows_of_at_most_so_many_elements(rows: int, columns: int, most: int) -> None:
    matrix = np.arange(rows * columns).reshape(rows, columns)
    parts = list(slices(matrix, most))
    assert (np.concatenate(parts) == matrix).all()
    assert all(part.size <= max(most, columns) for part in parts)
    assert all(np.shares_memory(part, matrix) for part in parts)
