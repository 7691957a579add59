"""Exact products are as exact as Dot2 is proven to be, by fractions; what they cannot hold they refuse."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flopsbench.proof.exact import SPLITTABLE, Exact, dot2, split, two_product

Float64 = NDArray[np.float64]
U = Fraction(1, 2**53)


def numbers(binades: int) -> st.SearchStrategy[float]:
    """Every float64 of so many binades around 1, with 0."""
    mantissas = st.integers(-(2**53), 2**53)
    return st.builds(
        lambda mantissa, exponent: math.ldexp(mantissa, exponent), mantissas, st.integers(-binades, binades)
    )


def matrices(rows: int, columns: int, binades: int = 60) -> st.SearchStrategy[Float64]:
    size = rows * columns
    return st.lists(numbers(binades), min_size=size, max_size=size).map(lambda v: np.array(v).reshape(rows, columns))


@st.composite
def operands(draw: st.DrawFn) -> tuple[Float64, Float64]:
    rows, terms, columns = draw(st.integers(1, 3)), draw(st.integers(1, 12)), draw(st.integers(1, 3))
    a, b = draw(matrices(rows, terms)), draw(matrices(terms, columns))
    if draw(st.booleans()):  # each product once more with the other sign, but for one that is left: it cancels
        rest = draw(matrices(1, columns, 2))
        a, b = np.hstack([a, a, np.ones((rows, 1))]), np.vstack([b, -b, rest])
        order = np.array(draw(st.permutations(range(a.shape[1]))))
        a, b = a[:, order], b[order]
    return a, b


def fractions(values: Float64) -> NDArray[Any]:
    found: NDArray[Any] = np.vectorize(lambda value: Fraction(float(value)), otypes=[object])(values)
    return found


def within_the_bound(c: Float64, a: Float64, b: Float64, found: Float64) -> bool:
    """Whether C less the product was found as exactly as Dot2 promises, for every element."""
    wide_a, wide_b, terms = fractions(a), fractions(b), a.shape[1]
    error = fractions(c) - wide_a @ wide_b
    allowed = 3 * U * abs(error) + 2 * terms**2 * U**2 * (abs(wide_a) @ abs(wide_b))
    return bool((abs(fractions(found) - error) <= allowed).all())


@given(value=numbers(400))
def test_a_number_is_split_into_two_of_26_bits(value: float) -> None:
    high, low = split(np.array(value))
    assert Fraction(float(high)) + Fraction(float(low)) == Fraction(value)
    for part in (float(high), float(low)):
        odd = abs(int(math.ldexp(math.frexp(part)[0], 53)))
        assert odd == 0 or (odd // (odd & -odd)).bit_length() <= 26


@given(a=matrices(1, 4, 200), b=matrices(1, 4, 200))
def test_one_product_has_no_error(a: Float64, b: Float64) -> None:
    found = two_product(a, b)
    assert (fractions(found.value) + fractions(found.correction) == fractions(a) * fractions(b)).all()
    assert np.array_equal(found.value, a * b)


@given(pair=operands(), data=st.data())
def test_the_difference_is_as_exact_as_dot2_promises(pair: tuple[Float64, Float64], data: st.DataObject) -> None:
    a, b = pair
    for c in (a @ b, np.zeros((a.shape[0], b.shape[1])), data.draw(matrices(a.shape[0], b.shape[1]))):
        assert within_the_bound(c, a, b, dot2(a, b).error_of(c))


@given(pair=operands())
def test_a_product_is_the_value_and_its_correction(pair: tuple[Float64, Float64]) -> None:
    a, b = pair
    found, terms = dot2(a, b), a.shape[1]
    wide_a, wide_b = fractions(a), fractions(b)
    error = fractions(found.value) + fractions(found.correction) - wide_a @ wide_b
    assert (abs(error) <= 2 * terms**2 * U**2 * (abs(wide_a) @ abs(wide_b))).all()


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_thousands_that_cancel_are_exact_where_float64_is_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    half_a, half_b = random.standard_normal((2, 500)), random.standard_normal((500, 2))
    order = random.permutation(1001)
    a = np.hstack([half_a, half_a, np.full((2, 1), 1e-9)])[:, order]
    b = np.vstack([half_b, -half_b, random.standard_normal((1, 2))])[order]
    c = np.full((2, 2), 1e-9)
    assert within_the_bound(c, a, b, dot2(a, b).error_of(c))
    assert not within_the_bound(c, a, b, c - np.einsum("ik,kj->ij", a, b))


def test_without_its_correction_or_with_a_worse_split_it_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    a, b = random.standard_normal((2, 64)), random.standard_normal((64, 3))
    c = a @ b
    exact = dot2(a, b)
    assert within_the_bound(c, a, b, exact.error_of(c))
    assert not within_the_bound(c, a, b, Exact(exact.value, np.zeros_like(c)).error_of(c))
    monkeypatch.setattr("flopsbench.proof.exact.SPLITTER", 2.0**20 + 1)
    assert not within_the_bound(c, a, b, dot2(a, b).error_of(c))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers_of_two_move_no_bit(dtype: type[np.floating[Any]]) -> None:
    random = np.random.default_rng(6)
    a, b = (random.standard_normal(shape).astype(dtype).astype(np.float64) for shape in ((3, 200), (200, 5)))
    plain, exponents = dot2(a, b), random.integers(-12, 13, 200)
    along_k = dot2(np.ldexp(a, exponents), np.ldexp(b, -exponents[:, None]))
    whole = dot2(np.ldexp(a, 30), np.ldexp(b, -7))
    for each, shift in ((along_k, 0), (whole, 23)):
        assert np.array_equal(each.value, np.ldexp(plain.value, shift))
        assert np.array_equal(each.correction, np.ldexp(plain.correction, shift))


def test_operands_may_lie_in_any_order_and_stay_as_they_are() -> None:
    random = np.random.default_rng(7)
    a, b = random.standard_normal((4, 30)), random.standard_normal((30, 6))
    kept, plain = (a.copy(), b.copy()), dot2(a, b)
    turned = dot2(np.asfortranarray(a), np.ascontiguousarray(b.T).T)
    assert np.array_equal(turned.value, plain.value)
    assert np.array_equal(turned.correction, plain.correction)
    assert np.array_equal(a, kept[0])
    assert np.array_equal(b, kept[1])


@pytest.mark.parametrize("bad", [np.nextafter(SPLITTABLE, math.inf), math.inf, -math.inf, math.nan])
def test_what_cannot_be_split_is_refused(bad: float) -> None:
    one = np.ones((1, 1))
    for a, b in ((one * bad, one), (one, one * bad)):
        for multiply in (dot2, two_product):
            with pytest.raises(ValueError, match="cannot be multiplied without error"):
                multiply(a, b)


def test_what_overflows_when_it_is_multiplied_or_added_is_refused() -> None:
    large = np.full((1, 4), 2.0**511)
    with pytest.raises(ValueError, match="scale them"):
        dot2(large, large.T)
    with pytest.raises(ValueError, match="scale them"):
        two_product(np.array(2.0**600), np.array(2.0**600))


def test_the_largest_numbers_that_can_be_split_are_exact() -> None:
    a, b = np.full((1, 2), SPLITTABLE), np.array([[1 / 3], [2.0**20 / 7]])
    c = a @ b
    assert within_the_bound(c, a, b, dot2(a, b).error_of(c))


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_an_element_that_is_no_number_has_no_finite_error(bad: float) -> None:
    error = dot2(np.ones((1, 3)), np.ones((3, 2))).error_of(np.array([[3.0, bad]]))
    assert error[0, 0] == 0
    assert not np.isfinite(error[0, 1])
