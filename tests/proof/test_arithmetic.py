"""Each arithmetic but one is told from its name by at least one of three signs, and no honest product ever is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from flopsbench.backends.operands import STORAGES, draw_base
from flopsbench.proof import arithmetic
from flopsbench.proof.arithmetic import (
    Planted,
    can_scale,
    draw_exponents,
    draw_planted,
    plant,
    rounded,
    scale_along_k,
    wrong_in_planted,
)
from flopsbench.proof.bands import (
    BANDS,
    FEWEST_COLUMNS,
    FEWEST_FOR_BAND,
    FEWEST_TERMS,
    ROUNDOFF,
    Band,
    band,
    band_of,
    can_plant,
)
from flopsbench.proof.exact import Exact, dot2
from tests.proof.emulations import (
    BF16,
    HONEST,
    OTHERS_FP32,
    OTHERS_FP64,
    TF32,
    Multiply,
    cut,
    einsum,
    in_order,
    strassen,
)

Array = NDArray[Any]
Float64 = NDArray[np.float64]
M, N = 32, 32
DENSE, PLANTED, SCALED = "dense", "planted", "scaled"


class Case(NamedTuple):
    """A and B dense, with planted rows and scaled along k, and the exact product, which scaling leaves alone."""

    name: str
    a: Array
    b: Array
    planted: Planted
    a_planted: Array
    a_scaled: Array
    b_scaled: Array
    exact: Exact

    def found_by(self, multiply: Multiply) -> set[str]:
        """The signs by which an arithmetic is told from the one that the case is named after."""
        limits = band(self.name, "ieee", self.name, N, self.a.shape[1], M * N)
        assert limits is not None
        dense, scaled = multiply(self.a, self.b), multiply(self.a_scaled, self.b_scaled)
        found = {DENSE} if outside(limits, dense, self.exact) else set()
        found |= {SCALED} if outside(limits, scaled, self.exact) else set()
        rows = multiply(self.a_planted, self.b)[self.planted.rows].astype(np.float64)
        numbers, b_rows = self.planted.codes.astype(np.float64), self.b[self.planted.places].astype(np.float64)
        wrong = wrong_in_planted(rows, numbers, b_rows, self.name, self.name)
        return found | ({PLANTED} if wrong.any() else set())


@cache
def case(name: str, k: int, seed: int) -> Case:
    random = np.random.default_rng([seed, k])
    base, dtype = draw_base(name, seed, (M + N) * k), STORAGES[name].code
    a, b = base[: M * k].reshape(M, k), base[M * k :].reshape(k, N)
    planted = draw_planted(random, name, M, k, 8)
    a_planted, a_scaled, b_scaled = a.copy(), a.copy(), b.copy()
    plant(a_planted, planted)
    scale_along_k(a_scaled, b_scaled, draw_exponents(random, k))
    assert a_scaled.dtype == b_scaled.dtype == dtype
    exact = dot2(a.astype(np.float64), b.astype(np.float64))
    return Case(name, a, b, planted, a_planted, a_scaled, b_scaled, exact)


def rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values.astype(np.float64) ** 2)))


def rms_error(c: Array, exact: Exact) -> float:
    return rms(exact.error_of(c.astype(np.float64))) / rms(exact.value)


def outside(limits: Band, c: Array, exact: Exact) -> bool:
    return not limits.rms_low <= rms_error(c, exact) <= limits.rms_high


# --- what the three signs find, and what they do not

EVERY = {DENSE, PLANTED, SCALED}
NOBODY_KNOWS: set[str] = set()
# What certainly finds an arithmetic, and what may: one element in some hundreds errs by a little more than a rounding.
FINDS: dict[tuple[str, str], tuple[set[str], set[str]]] = {
    ("fp32", "bf16"): (EVERY, set()),
    ("fp32", "tf32"): (EVERY, set()),
    ("fp32", "bf16x2, 3 products"): (EVERY, set()),
    ("fp32", "bf16x2, 4 products"): (EVERY, set()),
    ("fp32", "17 bits"): (EVERY, set()),
    ("fp32", "19 bits"): (EVERY, set()),
    ("fp32", "21 bits"): ({PLANTED}, set()),
    ("fp32", "22 bits"): ({PLANTED}, set()),
    ("fp32", "23 bits"): ({PLANTED}, set()),
    ("fp32", "tf32x3"): ({PLANTED}, set()),
    ("fp32", "bf16x3, 6 products"): (NOBODY_KNOWS, {PLANTED}),
    ("fp32", "bf16x3, 9 products"): (NOBODY_KNOWS, set()),
    ("fp32", "Strassen"): ({PLANTED, SCALED}, set()),
    ("fp64", "fp32"): (EVERY, set()),
    ("fp64", "42 bits"): (EVERY, set()),
    ("fp64", "48 bits"): (EVERY, set()),
    ("fp64", "51 bits"): ({PLANTED}, set()),
    ("fp64", "52 bits"): ({PLANTED}, set()),
    ("fp64", "C of 48 bits"): ({PLANTED}, {DENSE, SCALED}),
    ("fp64", "Ozaki, 7 slices"): (EVERY, set()),
    ("fp64", "Ozaki, 8 slices"): ({PLANTED, SCALED}, set()),
    ("fp64", "Ozaki, 9 slices"): ({SCALED}, {PLANTED}),
    ("fp64", "Ozaki, 10 slices"): ({SCALED}, {PLANTED}),
    ("fp64", "Strassen"): ({PLANTED, SCALED}, set()),
}
OTHERS = {"fp32": OTHERS_FP32, "fp64": OTHERS_FP64}
LENGTHS = [256, pytest.param(1024, marks=pytest.mark.slow)]


@pytest.mark.parametrize("k", LENGTHS)
@pytest.mark.parametrize(("name", "other"), FINDS)
def test_another_arithmetic_is_told_by_the_signs_that_tell_it(name: str, other: str, k: int) -> None:
    certainly, perhaps = FINDS[name, other]
    for seed in range(2):
        found = case(name, k, seed).found_by(OTHERS[name][other])
        assert certainly <= found <= certainly | perhaps


def test_every_other_arithmetic_is_told_but_fp32_by_three_parts_of_bf16() -> None:
    assert set(FINDS) == {(name, other) for name, others in OTHERS.items() for other in others}
    untold = {other for (_, other), (certainly, _) in FINDS.items() if not certainly}
    assert untold == {"bf16x3, 6 products", "bf16x3, 9 products"}


def test_no_sign_can_be_spared() -> None:
    """Planted rows alone find missing bits, scaling alone finds many slices, dense rows find what is left out."""
    certain = [certainly for certainly, _ in FINDS.values()]
    assert {PLANTED} in certain
    assert {SCALED} in certain
    each, left_out = case("fp32", 256, 0), 255
    assert left_out not in each.planted.places
    assert each.found_by(lambda a, b: in_order(a[:, :left_out], b[:left_out])) == {DENSE, SCALED}


@pytest.mark.parametrize("name", ROUNDOFF)
@pytest.mark.parametrize("honest", HONEST)
def test_no_sign_finds_an_honest_product(name: str, honest: str) -> None:
    for k, seed in [(16, 3), (64, 4), (256, 0), (256, 1), (256, 2)]:
        assert not case(name, k, seed).found_by(HONEST[honest])


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUNDOFF)
@pytest.mark.parametrize("k", [8, 16, 64, 256, 1024, 4096])
def test_no_sign_finds_an_honest_product_whatever_the_numbers(name: str, k: int) -> None:
    multiplications = [m for honest, m in HONEST.items() if k <= 256 or honest in ("in order", "pairwise", "BLAS")]
    for seed in range(10, 40 if k <= 256 else 16):
        each = case.__wrapped__(name, k, seed)
        assert not set().union(*(each.found_by(multiply) for multiply in multiplications))


@pytest.mark.parametrize("name", ROUNDOFF)
def test_scaling_moves_no_bit_of_an_honest_product(name: str) -> None:
    each = case(name, 256, 0)
    assert not np.array_equal(each.a_scaled, each.a)
    for honest in (label for label in HONEST if label != "BLAS"):
        multiply = HONEST[honest]
        assert np.array_equal(multiply(each.a_scaled, each.b_scaled), multiply(each.a, each.b))
    scaled = dot2(each.a_scaled.astype(np.float64), each.b_scaled.astype(np.float64))
    assert np.array_equal(scaled.value, each.exact.value)
    assert np.array_equal(scaled.correction, each.exact.correction)
    assert not np.array_equal(strassen(each.a_scaled, each.b_scaled), strassen(each.a, each.b))


# --- the band of dense products


@pytest.mark.parametrize(("k", "rms_u"), [(16, 3.1), (64, 4.9), (256, 8.3), (1024, 15), (4096, 29), (16384, 57)])
def test_the_band_of_sums_grows_with_the_root_of_their_length(k: int, rms_u: float) -> None:
    for name, u in ROUNDOFF.items():
        limits = band(name, "ieee", name, 1024, k, 4096)
        assert limits is not None
        assert limits.rms_low == 0
        assert limits.rms_high / u == pytest.approx(rms_u, rel=0.02)
        judge = 1.5 * u * (32 + sqrt(k)) if name == "fp64" else 0
        assert limits.residual == pytest.approx(6 * limits.rms_high + judge, rel=1e-9, abs=0)


@pytest.mark.parametrize(("name", "low", "high"), [("bf16", 1.4e-3, 1.95e-3), ("fp16", 1.7e-4, 2.6e-4)])
def test_the_band_of_narrow_sums_is_that_of_their_rounding(name: str, low: float, high: float) -> None:
    for k in (16, 4096):
        limits = band(name, "ieee,fast_accum", name, 64, k, 4096)
        assert limits is not None
        assert (limits.rms_low, limits.rms_high, limits.residual) == (low, high, 6 * high)


@pytest.mark.parametrize("name", ["fp64", "fp32", "bf16", "fp16"])
def test_the_largest_of_sums_of_few_errors_may_be_larger(name: str) -> None:
    few, enough = (band(name, "ieee", name, n, 256, 4096) for n in (FEWEST_COLUMNS - 1, FEWEST_COLUMNS))
    assert few is not None
    assert enough is not None
    assert 5.9 * enough.rms_high < few.residual - enough.residual < 6.01 * enough.rms_high
    assert (few.rms_low, few.rms_high) == (enough.rms_low, enough.rms_high)


@pytest.mark.parametrize("key", [key for key in BANDS if key[0] != key[2] or key[1] == "tf32"], ids=str)
def test_what_was_not_measured_keeps_its_band(key: tuple[str, str, str]) -> None:
    assert band(*key, 256, 256, 4096) == BANDS[key]
    assert band(*key, 256, 4, 4096) == band_of(*key, 4096, 4) != BANDS[key] or key[0] == "int8"


@pytest.mark.parametrize("key", [("fp64", "tf32", "fp64"), ("fp32", "bf16x9", "fp32"), ("fp4", "ieee", "fp4")], ids=str)
def test_an_unknown_arithmetic_has_no_band(key: tuple[str, str, str]) -> None:
    assert band(*key, 256, 256, 4096) is None


@pytest.mark.parametrize("name", ["fp64", "fp32", "bf16", "fp16"])
def test_the_rms_of_few_elements_or_terms_is_not_judged(name: str) -> None:
    limits = band(name, "ieee", name, 64, FEWEST_TERMS, FEWEST_FOR_BAND)
    assert limits is not None
    assert limits.rms_high < limits.residual
    assert band(name, "ieee", name, 64, FEWEST_TERMS, FEWEST_FOR_BAND - 1) == replace(
        limits, rms_low=0, rms_high=limits.residual
    )
    few_terms = band(name, "ieee", name, 64, FEWEST_TERMS - 1, FEWEST_FOR_BAND)
    assert few_terms is not None
    assert (few_terms.rms_low, few_terms.rms_high) == (0, few_terms.residual)


@pytest.mark.parametrize("k", [16, 256])
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_narrow_products_lie_in_their_band_and_worse_and_better_ones_outside(name: str, k: int) -> None:
    storage = STORAGES[name]
    limits = band(name, "ieee", name, N, k, M * N)
    assert limits is not None
    for seed in range(5):
        values = storage.widen(draw_base(name, seed, (M + N) * k))
        a, b = values[: M * k].reshape(M, k), values[M * k :].reshape(k, N)
        exact, sums = dot2(a, b), in_order(a.astype(np.float32), b.astype(np.float32))
        assert not outside(limits, rounded(sums.astype(np.float64), name), exact)
        assert rms_error(sums, exact) < limits.rms_low
        narrow_sums = np.zeros((M, N))
        for p in range(k):
            narrow_sums = rounded(narrow_sums + a[:, p, None] * b[p], name)
        assert rms_error(narrow_sums, exact) > limits.rms_high
        assert rms_error(cut(sums, {"bf16": BF16, "fp16": TF32}[name]), exact) > limits.rms_high


@pytest.mark.parametrize("k", [16, 256, 1024])
@pytest.mark.parametrize("name", ["fp64", "fp32", "bf16", "fp16"])
def test_freivalds_residual_stays_below_its_bound_which_one_wrong_element_exceeds(name: str, k: int) -> None:
    storage = STORAGES[name]
    limits = band(name, "ieee", name, 256, k, 256 * 16)
    assert limits is not None
    values = storage.widen(draw_base(name, 9, (16 + 256) * k))
    a, b = values[: 16 * k].reshape(16, k), values[16 * k :].reshape(k, 256)
    sums = in_order(a, b) if name == "fp64" else in_order(a.astype(np.float32), b.astype(np.float32))
    c = rounded(sums.astype(np.float64), name)
    x = np.random.default_rng(1).integers(0, 2, (256, 4)) * 2.0 - 1

    def residual() -> float:
        expected = einsum(a, einsum(b, x))
        return float(np.abs(einsum(c, x) - expected).max()) / rms(expected)

    assert residual() < limits.residual
    c[3, 5] += 1.5 * limits.residual * rms(c) * sqrt(256)
    assert residual() > limits.residual


# --- planted rows


class Narrow(NamedTuple):
    """A GEMM of narrow operands: the formats of A, B and C, and whether C is scaled."""

    a: str
    b: str
    c: str
    scaled: bool = False


NARROW = [
    Narrow("bf16", "bf16", "bf16"),
    Narrow("bf16", "bf16", "fp32"),
    Narrow("fp16", "fp16", "fp16"),
    Narrow("fp8_e4m3", "fp8_e4m3", "bf16", scaled=True),
    Narrow("fp8_e5m2", "fp8_e4m3", "bf16", scaled=True),
    Narrow("fp8_e4m3", "fp8_e4m3", "fp16", scaled=True),
    Narrow("int8", "int8", "int32"),
]


def narrow_case(gemm: Narrow, seed: int) -> tuple[Float64, Float64, float]:
    """Planted numbers and their rows of B, widened, and the scale of C."""
    planted = draw_planted(np.random.default_rng(seed), gemm.a, 64, 512, 16)
    numbers = STORAGES[gemm.a].widen(planted.codes)
    b = STORAGES[gemm.b].widen(draw_base(gemm.b, seed, 16 * 256)).reshape(16, 256)
    return numbers, b, STORAGES[gemm.a].scale * STORAGES[gemm.b].scale if gemm.scaled else 1.0


def one_factor(sums: Array, gemm: Narrow) -> Array:
    return sums * np.float32(np.float32(STORAGES[gemm.a].scale) * np.float32(STORAGES[gemm.b].scale))


def two_factors(sums: Array, gemm: Narrow) -> Array:
    return sums * np.float32(STORAGES[gemm.a].scale) * np.float32(STORAGES[gemm.b].scale)


@pytest.mark.parametrize("scaling", [one_factor, two_factors])
@pytest.mark.parametrize("gemm", NARROW, ids=str)
def test_narrow_products_that_are_rounded_once_are_right(
    gemm: Narrow, scaling: Callable[[Array, Narrow], Array]
) -> None:
    """Sums in fp32 are exact, as all products but one are 0; a scaled one is rounded once or twice more."""
    for seed in range(20):
        numbers, b, scale = narrow_case(gemm, seed)
        sums = numbers[:, None].astype(np.float32) * b.astype(np.float32)
        c = rounded((scaling(sums, gemm) if gemm.scaled else sums).astype(np.float64), gemm.c)
        assert not wrong_in_planted(c, numbers, b, gemm.a, gemm.c, scale).any()


@pytest.mark.parametrize("gemm", NARROW, ids=str)
def test_narrow_products_that_differ_in_one_bit_are_wrong(gemm: Narrow) -> None:
    numbers, b, scale = narrow_case(gemm, 1)
    right = rounded(scale * numbers[:, None] * b, gemm.c)
    bit = 2.0 ** -{"bf16": 7, "fp16": 10, "fp32": 23, "int32": 0}[gemm.c]
    one_bit = 1.0 if gemm.c == "int32" else np.ldexp(bit, np.frexp(np.where(right == 0, 1, right))[1])
    for c in (right + one_bit, right - one_bit):
        assert wrong_in_planted(c, numbers, b, gemm.a, gemm.c, scale).all()
    truncated = np.trunc(right / 4) * 4
    assert wrong_in_planted(truncated, numbers, b, gemm.a, gemm.c, scale).any()


@pytest.mark.parametrize("output", ["bf16", "fp16"])
@pytest.mark.parametrize("gemm", [gemm for gemm in NARROW if gemm.scaled and gemm.c == "bf16"], ids=str)
def test_no_scaled_product_of_fp8_is_rounded_otherwise_after_two_more_roundings(gemm: Narrow, output: str) -> None:
    """All products of two codes: 16 times the error of two roundings to float32, 2 u, moves none to another number."""
    every = [STORAGES[name].widen(np.arange(128, dtype=np.uint8)) for name in (gemm.a, gemm.b)]
    exact = np.outer(*(values[np.isfinite(values)] for values in every)) * narrow_case(gemm, 1)[2]
    error = 16 * 2 * ROUNDOFF["fp32"]
    assert np.array_equal(rounded(exact * (1 - error), output), rounded(exact * (1 + error), output))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("gemm", [*NARROW, Narrow("fp32", "fp32", "fp32"), Narrow("fp64", "fp64", "fp64")], ids=str)
def test_what_is_no_number_is_never_right(gemm: Narrow, bad: float) -> None:
    numbers, b, scale = narrow_case(gemm, 1)
    c = rounded(scale * numbers[:, None] * b, gemm.c)
    c[2, 7] = bad
    assert np.argwhere(wrong_in_planted(c, numbers, b, gemm.a, gemm.c, scale)).tolist() == [[2, 7]]


def test_infinity_is_wrong_even_where_the_product_overflows() -> None:
    one, many = np.array([60000.0]), np.full((1, 3), 60000.0)
    assert wrong_in_planted(np.full((1, 3), np.inf), one, many, "fp16", "fp16").all()


@pytest.mark.parametrize("name", ROUNDOFF)
def test_one_rounding_of_fp32_and_fp64_is_right_and_two_steps_are_not(name: str) -> None:
    numbers, b, _ = narrow_case(Narrow(name, name, name), 3)
    right = rounded(numbers[:, None] * b, name).astype(STORAGES[name].code)
    up, down = right, right
    for _ in range(2):
        up, down = np.nextafter(up, up.dtype.type(np.inf)), np.nextafter(down, down.dtype.type(-np.inf))
    assert not wrong_in_planted(right.astype(np.float64), numbers, b, name, name).any()
    for c in (up, down):
        assert wrong_in_planted(c.astype(np.float64), numbers, b, name, name).all()


@pytest.mark.parametrize("name", STORAGES)
def test_planted_rows_hold_one_number_each_and_the_others_stay(name: str) -> None:
    before = draw_base(name, 1, 40 * 30).reshape(30, 40).T  # a transposed A
    a, planted = before.copy(order="K"), draw_planted(np.random.default_rng(1), name, 40, 30, 12)
    plant(a, planted)
    widened = STORAGES[name].widen(a)
    assert len(set(planted.rows.tolist())) == 12
    assert ((widened[planted.rows] != 0).sum(axis=1) == 1).all()
    assert np.array_equal(a[planted.rows, planted.places], planted.codes)
    assert np.array_equal(np.delete(a, planted.rows, axis=0), np.delete(before, planted.rows, axis=0))
    assert len(set(planted.places.tolist())) > 5


def test_a_planted_number_is_never_0(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([[-0.0, 2.0, 0.0], [0.0, 3.0], [1.0]])
    monkeypatch.setattr(arithmetic, "draw_codes", lambda storage, random, count: np.array(next(drawn)))
    assert draw_planted(np.random.default_rng(1), "fp64", 8, 8, 3).codes.tolist() == [1.0, 2.0, 3.0]


def test_more_planted_rows_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="larger sample"):
        draw_planted(np.random.default_rng(1), "fp32", 4, 8, 5)


def test_a_mode_that_rounds_operands_is_not_told_by_planted_rows() -> None:
    assert can_plant("ieee")
    assert can_plant("ieee, fast accumulation off")
    assert not can_plant("tf32")


# --- powers of two along k


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_is_exact_and_undone_by_its_opposite(dtype: type[np.floating[Any]]) -> None:
    random = np.random.default_rng(1)
    memory_a, memory_b = (random.standard_normal((50, 20)).astype(dtype) for _ in range(2))
    memory_a[3, 4] = 0
    a, b, kept = memory_a.T, memory_b, (memory_a.T.copy(), memory_b.copy())  # A is transposed
    exponents = draw_exponents(random, 50)
    scale_along_k(a, b, exponents)
    assert np.array_equal(a.astype(np.float64), kept[0].astype(np.float64) * 2.0**exponents)
    assert np.array_equal(b.astype(np.float64), kept[1].astype(np.float64) * 2.0 ** -exponents[:, None])
    scale_along_k(a, b, -exponents)
    assert np.array_equal(a, kept[0])
    assert np.array_equal(b, kept[1])


def test_the_exponents_are_those_from_minus_12_to_12() -> None:
    assert set(draw_exponents(np.random.default_rng(1), 2000).tolist()) == set(range(-12, 13))


@pytest.mark.parametrize(
    "bad",
    [
        np.float32(2.0**-115),
        np.float32(2.0**116),
        np.float64(2.0**-1011),
        np.float32(np.inf),
        np.float32(np.nan),
        np.float16(1),
        np.int8(1),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1])
def test_what_scaling_might_round_is_refused_and_left_alone(bad: np.generic, place: int) -> None:
    matrices = [np.ones((3, 3), bad.dtype), np.ones((3, 3), bad.dtype)]
    matrices[place][1, 2] = bad
    kept = [matrix.copy() for matrix in matrices]
    with pytest.raises(ValueError, match="scaled without error"):
        scale_along_k(*matrices, np.array([3, -12, 12]))
    for matrix, before in zip(matrices, kept, strict=True):
        assert np.array_equal(matrix, before, equal_nan=bad.dtype.kind == "f")


def test_narrow_formats_are_not_scaled() -> None:
    assert [name for name in STORAGES if can_scale(name)] == ["fp64", "fp32"]
