"""The judge passes every honest product, whatever the numbers, and names what is wrong with every other."""

from __future__ import annotations

import io
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from math import inf, nan
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from flopsbench.backends.operands import STORAGES, Codes, Float64, code_dtype
from flopsbench.dtype import INT32
from flopsbench.proof import judge as module
from flopsbench.proof.arithmetic import can_scale, rounded
from flopsbench.proof.bands import ENOUGH_ELEMENTS, PLANTED_ROWS, band, band_of_products, can_plant
from flopsbench.proof.evidence import Bases, Claim, Evidence, Prepare, Product, product_bytes
from flopsbench.proof.judge import answer, judge, serve
from flopsbench.proof.ledger import Dealt, Ledger, Look
from flopsbench.proof.operands import drawn_base, operands_of, planted_of
from flopsbench.proof.verdict import NOTHING, Found, proof_of
from flopsbench.result.types import Proof
from tests.proof.emulations import (
    HONEST,
    OTHERS_FP32,
    OTHERS_FP64,
    TF32,
    Multiply,
    blas,
    cut,
    fewer_bits,
    in_order,
)
from tests.proof.worker import DTYPE_NAMES, LAYOUTS, measured

Array = NDArray[Any]
base_of = lru_cache(maxsize=64)(drawn_base)

# What a kernel may be asked for: the formats of A, B and C, and its mode.
FORMATS = {
    "fp64": ("fp64", "fp64", "fp64", "ieee"),
    "fp32": ("fp32", "fp32", "fp32", "ieee"),
    "tf32": ("fp32", "fp32", "fp32", "tf32"),
    "bf16": ("bf16", "bf16", "bf16", "ieee"),
    "bf16 in fp32": ("bf16", "bf16", "fp32", "ieee"),
    "fp16": ("fp16", "fp16", "fp16", "ieee, fast accumulation off"),
    "fp8_e4m3": ("fp8_e4m3", "fp8_e4m3", "bf16", "ieee"),
    "fp8_e5m2": ("fp8_e5m2", "fp8_e4m3", "bf16", "ieee"),
    "int8": ("int8", "int8", INT32, "ieee"),
}
SHAPE = (48, 64, 80)  # m, n, k
NAN_OF_BF16 = 0x7FC0
THIN = [
    *((1, 520, 200), (520, 1, 200), (2, 2, 256), (9, 16, 32), (8, 8, 8), (64, 64, 1), (64, 64, 2), (40, 40, 4)),
    *((5, 1030, 16), (256, 256, 2), (1000, 16, 16), (3000, 1, 32)),
]


def evidence_of(
    name: str, shape: tuple[int, int, int] = SHAPE, layout: Any = "nn", seed: int = 0, signs: bool = True
) -> Evidence:
    """Two dense products; with all ``signs`` one with planted rows, and one scaled where that can be, too."""
    (a, b, c, mode), (m, n, k) = FORMATS[name], shape
    length = k * max(m, n) + 7
    random = np.random.default_rng(seed)
    at, offsets = iter(range(0, 4 * m * n * 8, m * n * 8)), partial(random.integers, 0, length)
    products = [
        Product(at=next(at), a_offset=int(offsets()), b_offset=int(offsets())) for _ in range(4 if signs else 2)
    ]
    if signs:
        products[2] = replace(products[2], planted=seed)
        products[3:] = [replace(products[3], scaled=seed)] if can_scale(a) and mode == "ieee" else []
    return Evidence(
        m=m, n=n, k=k, layout=layout, a=a, b=b, c=c, math=mode, accumulate="fp32",
        bases=Bases(seed, length), products=products,
    )  # fmt: skip


def honest(evidence: Evidence, a: Codes, b: Codes, multiply: Multiply = blas) -> Array:
    """C as an honest kernel computes it: sums in fp32 of narrow formats, in int32 of int8."""
    if evidence.c == INT32:
        return a.astype(np.int32) @ b.astype(np.int32)
    if evidence.a in ("fp32", "fp64"):
        return multiply(a, b) if evidence.math != "tf32" else fewer_bits(a, b, TF32)
    of_a, of_b = STORAGES[evidence.a], STORAGES[evidence.b]
    sums = multiply(of_a.widen(a).astype(np.float32), of_b.widen(b).astype(np.float32))
    scaled = sums * np.float32(of_a.scale) * np.float32(of_b.scale)
    return STORAGES[evidence.c].narrow(scaled.astype(np.float64))


Kernel = Callable[[Evidence, Codes, Codes], Array]


def memory_of(evidence: Evidence, kernel: Kernel = honest) -> bytearray:
    """What a worker leaves in the memory: each C where it was asked for."""
    memory = bytearray(max(product.at for product in evidence.products) + product_bytes(evidence))
    for product in evidence.products:
        put(memory, evidence, product, kernel(evidence, *operands_of(evidence, product, base_of)))
    return memory


def put(memory: bytearray, evidence: Evidence, product: Product, c: Array) -> None:
    assert c.nbytes == product_bytes(evidence)
    memory[product.at : product.at + c.nbytes] = c.tobytes()


def c_of(memory: bytearray, evidence: Evidence, index: int) -> Array:
    """The C of a product, to be read and written where it lies."""
    at = evidence.products[index].at
    found: Array = np.frombuffer(memory, code_dtype(evidence.c), evidence.m * evidence.n, at).reshape(
        evidence.m, evidence.n
    )
    return found


def judged(evidence: Evidence, memory: bytearray, seed: int = 1) -> Proof:
    return judge(evidence, memoryview(memory), np.random.default_rng(seed), base_of)


def code_of(proof: Proof) -> str | None:
    """The code of what is wrong, of a proof that failed for it and for nothing else."""
    assert proof.passed == (proof.reason is None) == (proof.reason_said is None)
    return proof.reason_said.code if proof.reason_said else None


# --- honest products


@pytest.mark.parametrize("shape", [SHAPE, (16, 64, 32), (15, 64, 32), (8, 512, 32), (9, 512, 16), (1, 700, 64), *THIN])
@pytest.mark.parametrize("name", FORMATS)
def test_the_limits_of_a_proof_follow_from_the_problem_alone(name: str, shape: tuple[int, int, int]) -> None:
    evidence = evidence_of(name, shape, signs=can_plant(FORMATS[name][-1]))
    proof = judged(evidence, memory_of(evidence))
    limits = band_of_products(evidence.a, evidence.math, evidence.c, *shape)
    assert limits is not None
    assert (proof.bound, proof.rms_band) == (limits.residual, (limits.rms_low, limits.rms_high))


def test_few_dense_rows_are_held_to_wider_limits() -> None:
    wide, narrow = (band_of_products("fp32", "ieee", "fp32", m, 64, 64) for m in (PLANTED_ROWS + 7, PLANTED_ROWS + 8))
    assert wide is not None
    assert narrow is not None
    assert wide.rms_high == wide.residual > narrow.rms_high
    assert band("fp32", "ieee", "fp32", 64, 64, ENOUGH_ELEMENTS) == narrow


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_honest_product_passes_in_every_layout(name: str, layout: Any) -> None:
    for seed in range(3):
        evidence = evidence_of(name, layout=layout, seed=seed)
        proof = judged(evidence, memory_of(evidence), seed)
        assert proof.reason is None
        assert proof.passed
        assert proof.max_residual is not None
        assert proof.rms_error is not None
        assert proof.rms_band is not None
        assert proof.max_residual <= proof.bound
        assert proof.rms_band[0] <= proof.rms_error <= proof.rms_band[1]


@pytest.mark.parametrize("name", ["fp32", "fp64"])
@pytest.mark.parametrize("order", HONEST)
def test_an_honest_product_passes_in_whatever_order_it_adds(name: str, order: str) -> None:
    evidence = evidence_of(name)
    memory = memory_of(evidence, partial(honest, multiply=HONEST[order]))
    assert code_of(judged(evidence, memory)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_no_honest_product_fails_whatever_the_numbers(name: str) -> None:
    for seed in range(150):
        evidence = evidence_of(name, seed=seed)
        assert code_of(judged(evidence, memory_of(evidence), seed)) is None, seed
    for seed, shape in enumerate([(130, 700, 1024), (8192, 1, 256), (8192, 3, 100), *(10 * THIN)]):
        evidence = evidence_of(name, shape, "nt", seed)
        assert code_of(judged(evidence, memory_of(evidence), seed)) is None, seed


@pytest.mark.parametrize("shape", THIN, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_no_honest_product_of_a_thin_shape_fails(name: str, shape: tuple[int, int, int]) -> None:
    """Few sums may all lie near 0 by chance, few elements have no typical error, and all rows may be planted."""
    for seed in range(3):
        evidence = evidence_of(name, shape, seed=seed)
        assert code_of(judged(evidence, memory_of(evidence), seed)) is None, seed


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("int8", "tf32")])
def test_a_product_of_one_number_passes(name: str) -> None:
    for seed in range(20):
        evidence = evidence_of(name, (1, 1, 1), seed=seed)
        assert code_of(judged(evidence, memory_of(evidence), seed)) is None, seed


# --- wrong products


def zeros(evidence: Evidence, a: Codes, b: Codes) -> Array:
    return np.zeros_like(honest(evidence, a, b))


def swapped(evidence: Evidence, a: Codes, b: Codes) -> Array:
    return honest(replace(evidence, a=evidence.b, b=evidence.a), b, a)


def transposed(evidence: Evidence, a: Codes, b: Codes) -> Array:
    return np.ascontiguousarray(honest(evidence, a, b).T)


def without_the_last_of_k(evidence: Evidence, a: Codes, b: Codes) -> Array:
    return honest(evidence, a[:, :-8], b[:-8])


def of_other_rows(evidence: Evidence, a: Codes, b: Codes) -> Array:
    return honest(evidence, np.roll(a, 1, axis=0), b)


SQUARE = (64, 64, 64)


@pytest.mark.parametrize("wrong", [zeros, swapped, transposed, without_the_last_of_k, of_other_rows])
@pytest.mark.parametrize("name", FORMATS)
def test_a_wrong_product_is_no_product(name: str, wrong: Kernel) -> None:
    evidence = evidence_of(name, SQUARE)
    assert code_of(judged(evidence, memory_of(evidence, wrong))) == "not_the_product"


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("name", ["fp64", "fp32"])
def test_each_product_is_judged(name: str, index: int) -> None:
    """Every C but one is right, and that one is what an earlier launch left, or another launch computed."""
    evidence = evidence_of(name)
    memory = memory_of(evidence)
    c_of(memory, evidence, index)[:] = c_of(memory, evidence, (index + 1) % 4)
    assert code_of(judged(evidence, memory)) == "not_the_product"


@pytest.mark.parametrize("field", ["a_offset", "b_offset"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_product_of_other_operands_is_none(name: str, field: str) -> None:
    evidence = evidence_of(name)
    memory = memory_of(evidence)
    for index in (0, 1):
        products = list(evidence.products)
        products[index] = replace(products[index], **{field: (getattr(products[index], field) + 1) % 3000})
        assert code_of(judged(replace(evidence, products=products), memory)) == "not_the_product"
    other = replace(evidence, bases=replace(evidence.bases, seed=99))
    assert code_of(judged(other, memory)) == "not_the_product"


@pytest.mark.parametrize("name", FORMATS)
def test_one_wrong_tile_is_enough(name: str) -> None:
    evidence = evidence_of(name, (300, 320, 16), signs=False)
    for index in (0, 1):
        memory = memory_of(evidence)
        c_of(memory, evidence, index)[128:192, 192:256] = 0
        assert code_of(judged(evidence, memory)) == "not_the_product"


@pytest.mark.slow
@pytest.mark.parametrize(("row", "column"), [(0, 0), (1984, 1984), (640, 1280)])
def test_one_missing_tile_of_a_large_product_is_enough(row: int, column: int) -> None:
    evidence = evidence_of("fp32", (2048, 2048, 2048), signs=False)
    evidence = replace(evidence, products=evidence.products[:1])
    memory = memory_of(evidence)
    assert judged(evidence, memory).passed
    c_of(memory, evidence, 0)[row : row + 64, column : column + 64] = 0
    proof = judged(evidence, memory)
    assert code_of(proof) == "not_the_product"
    assert proof.max_residual is not None
    assert proof.max_residual > 0.2


@pytest.mark.parametrize("name", ["fp64", "fp32", "bf16 in fp32", "int8"])
def test_one_wrong_element_is_enough(name: str) -> None:
    evidence = evidence_of(name, (200, 700, 64), signs=False)
    clean = memory_of(evidence)
    for place in [(0, 0), (199, 699), (100, 600)]:
        memory = bytearray(clean)
        c_of(memory, evidence, 1)[place] += 1
        for seed in range(5):
            assert not judged(evidence, memory, seed).passed


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("name", ["fp64", "fp32", "bf16", "fp16", "fp8_e4m3"])
def test_one_value_that_is_not_finite_is_enough(name: str, index: int, value: float) -> None:
    evidence = evidence_of(name)
    clean = memory_of(evidence)
    bad = NAN_OF_BF16 if evidence.c == "bf16" and value != value else STORAGES[evidence.c].narrow(np.array([value]))[0]
    for row in range(0, 48, 5):  # a planted one among them
        memory = bytearray(clean)
        c_of(memory, evidence, index)[row, 7] = bad
        proof = judged(evidence, memory)
        assert code_of(proof) == "product_not_finite"
        assert (proof.max_residual, proof.rms_error) == (None, None)


def test_one_integer_that_was_never_computed_is_enough() -> None:
    evidence = evidence_of("int8")
    memory = memory_of(evidence)
    c_of(memory, evidence, 1)[20, 30] = np.iinfo(np.int32).min
    assert code_of(judged(evidence, memory)) == "product_not_finite"


def test_integers_are_exact() -> None:
    evidence = evidence_of("int8")
    proof = judged(evidence, memory_of(evidence))
    assert (proof.max_residual, proof.rms_error, proof.bound, proof.rms_band) == (0, 0, 0, (0, 0))


@pytest.mark.parametrize("name", ["fp8_e4m3", "fp8_e5m2"])
def test_scales_of_fp8_belong_to_the_product(name: str) -> None:
    def unscaled(evidence: Evidence, a: Codes, b: Codes) -> Array:
        of_a, of_b = STORAGES[evidence.a], STORAGES[evidence.b]
        return STORAGES[evidence.c].narrow(of_a.widen(a) @ of_b.widen(b))

    evidence = evidence_of(name)
    assert code_of(judged(evidence, memory_of(evidence, unscaled))) == "not_the_product"


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(list(FORMATS)))
def test_garbage_fails_and_raises_nothing(seed: int, name: str) -> None:
    evidence = evidence_of(name)
    memory = bytearray(np.random.default_rng(seed).bytes(len(memory_of(evidence))))
    proof = judged(evidence, memory, seed)
    assert code_of(proof) in ("not_the_product", "product_not_finite", "less_precise")
    msgspec.json.decode(msgspec.json.encode(proof), type=Proof)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "tf32"])
def test_nothing_is_not_proven_by_nothing(name: str) -> None:
    """Zeros times zeros: C is right, and says nothing."""
    evidence = evidence_of(name, signs=False)
    memory = bytearray(len(memory_of(evidence)))

    def of_zeros(storage: str, bases: Bases) -> Codes:
        return np.zeros(bases.length, STORAGES[storage].code)

    proof = judge(evidence, memoryview(memory), np.random.default_rng(1), of_zeros)
    assert code_of(proof) == "not_the_product"
    assert proof.max_residual == np.finfo(np.float64).max


# --- other arithmetics


def wide(multiply: Multiply) -> Kernel:
    return lambda evidence, a, b: multiply(a, b)


TOLD = {
    ("fp32", "bf16"): "less_precise",
    ("fp32", "tf32"): "less_precise",
    ("fp32", "17 bits"): "less_precise",
    ("fp32", "19 bits"): "less_precise",
    ("fp32", "21 bits"): "not_rounded_once",
    ("fp32", "22 bits"): "not_rounded_once",
    ("fp32", "23 bits"): "not_rounded_once",
    ("fp32", "tf32x3"): "not_rounded_once",
    ("fp32", "Strassen"): "not_rounded_once",
    ("fp64", "fp32"): "less_precise",
    ("fp64", "42 bits"): "less_precise",
    ("fp64", "51 bits"): "not_rounded_once",
    ("fp64", "52 bits"): "not_rounded_once",
    ("fp64", "Strassen"): "not_rounded_once",
    ("fp64", "Ozaki, 8 slices"): "not_rounded_once",
}
OTHERS = {"fp32": OTHERS_FP32, "fp64": OTHERS_FP64}


@pytest.mark.parametrize(("name", "other"), TOLD)
def test_another_arithmetic_is_named_by_the_sign_that_tells_it(name: str, other: str) -> None:
    for seed in range(2):
        evidence = evidence_of(name, (32, 64, 256), seed=seed)
        memory = memory_of(evidence, wide(OTHERS[name][other]))
        assert code_of(judged(evidence, memory, seed)) == TOLD[name, other]


@pytest.mark.parametrize("slices", ["Ozaki, 9 slices", "Ozaki, 10 slices"])
def test_slices_of_one_scale_lose_numbers_of_different_size(slices: str) -> None:
    evidence = evidence_of("fp64", (32, 64, 256))
    scaled = [product for product in evidence.products if product.planted is None]
    memory = memory_of(evidence, wide(OTHERS_FP64[slices]))
    proof = judged(replace(evidence, products=scaled), memory)
    assert code_of(proof) == "loses_range"
    assert str(proof.reason).startswith("loses numbers of different size: scaled by powers of two along k, the rms ")
    assert proof.rms_band is not None
    assert proof.rms_error is not None
    assert proof.rms_error > proof.rms_band[1]
    assert code_of(judged(replace(evidence, products=scaled[:2]), memory)) is None


def test_three_parts_of_bf16_are_no_less_than_fp32() -> None:
    evidence = evidence_of("fp32", (32, 64, 256))
    memory = memory_of(evidence, wide(OTHERS_FP32["bf16x3, 9 products"]))
    assert code_of(judged(evidence, memory)) is None


def test_tf32_may_cut_its_operands_and_not_round_them_to_bf16() -> None:
    evidence = evidence_of("tf32")
    cutting = wide(lambda a, b: in_order(cut(a, TF32), cut(b, TF32)))
    assert code_of(judged(evidence, memory_of(evidence, cutting))) is None
    assert code_of(judged(evidence, memory_of(evidence, wide(OTHERS_FP32["bf16"])))) == "less_precise"


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 8, 64], ids="every {} sums".format)
def test_sums_kept_in_bf16_are_not_passed_as_sums_in_fp32(step: int) -> None:
    def kept_narrow(evidence: Evidence, a: Codes, b: Codes) -> Array:
        of = STORAGES["bf16"]
        wide_a, wide_b, c = of.widen(a), of.widen(b), np.zeros((evidence.m, evidence.n))
        for start in range(0, evidence.k, step):
            c = rounded(c + wide_a[:, start : start + step] @ wide_b[start : start + step], "bf16")
        return of.narrow(c)

    evidence = evidence_of("bf16", (512, 512, 512), signs=False)
    assert code_of(judged(evidence, memory_of(evidence))) is None
    found = code_of(judged(evidence, memory_of(evidence, kept_narrow)))
    assert found == ("not_the_product" if step == 1 else "less_precise")  # which err by as much as a wrong one does


def test_a_mode_that_rounds_and_one_that_does_not_are_told_apart() -> None:
    evidence = evidence_of("tf32")
    assert code_of(judged(evidence, memory_of(evidence, wide(in_order)))) == "more_precise"
    assert code_of(judged(replace(evidence, math="ieee"), memory_of(evidence))) == "less_precise"


@pytest.mark.parametrize("name", ["bf16 in fp32", "fp16"])
def test_a_format_that_holds_more_bits_than_it_was_given_is_less_precise_than_its_name(name: str) -> None:
    def as_bf16(evidence: Evidence, a: Codes, b: Codes) -> Array:
        sums = STORAGES[evidence.a].widen(a) @ STORAGES[evidence.b].widen(b)
        return STORAGES[evidence.c].narrow(rounded(sums, "bf16"))

    evidence = evidence_of(name)
    assert code_of(judged(evidence, memory_of(evidence, as_bf16))) == "less_precise"


# --- rows of one number


def planted_alone(wrong_rows: Callable[[Array], None], name: str = "fp32") -> tuple[Evidence, bytearray]:
    """A case whose products are right, but for the planted rows of the one that has such."""
    evidence = evidence_of(name)
    memory = memory_of(evidence)
    planted = planted_of(evidence, evidence.products[2])
    assert planted is not None
    c = c_of(memory, evidence, 2)
    rows = c[planted.rows]
    wrong_rows(rows)
    c[planted.rows] = rows
    return evidence, memory


def to_zero(rows: Array) -> None:
    rows[:] = 0


def one_bit(rows: Array) -> None:
    rows[3, 5:6].view({8: np.int64, 4: np.int32, 2: np.int16}[rows.itemsize])[:] += 2


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "tf32"])
@pytest.mark.parametrize("wrong", [to_zero, one_bit])
def test_a_product_that_is_right_in_dense_rows_alone_fails(name: str, wrong: Callable[[Array], None]) -> None:
    proof = judged(*planted_alone(wrong, name))
    assert code_of(proof) == "not_rounded_once"
    assert proof.reason_said is not None
    values = proof.reason_said.values
    assert values["elements"] == PLANTED_ROWS * SHAPE[1]
    wrong_ones, error = int(values["wrong"]), float(values["error"])
    if wrong is one_bit:
        assert wrong_ones == 1
        assert error < 0.2
    else:
        assert wrong_ones > 7 * SHAPE[1]
        assert error > 2


def test_planted_rows_of_a_mode_that_rounds_may_err_as_it_does_and_no_more() -> None:
    assert code_of(judged(*planted_alone(lambda rows: None, "tf32"))) is None
    assert code_of(judged(*planted_alone(to_zero, "tf32"))) == "not_the_product"


def test_the_other_rows_of_a_planted_product_are_judged() -> None:
    evidence = evidence_of("fp32")
    planted = planted_of(evidence, evidence.products[2])
    assert planted is not None
    memory = memory_of(evidence)
    c = c_of(memory, evidence, 2)
    rows = c[planted.rows].copy()
    c[:] = 0
    c[planted.rows] = rows
    assert code_of(judged(evidence, memory)) == "not_the_product"


def test_where_all_rows_are_planted_each_of_them_is_judged() -> None:
    evidence = evidence_of("fp32", (8, 40, 30))
    memory = memory_of(evidence)
    for row in range(8):
        wrong = bytearray(memory)
        c_of(wrong, evidence, 2)[row] *= np.float32(1 + 2**-20)
        assert code_of(judged(evidence, wrong)) == "not_rounded_once"
        c_of(wrong, evidence, 2)[row, 0] = nan
        assert code_of(judged(evidence, wrong)) == "product_not_finite"


# --- what a proof says


def test_a_proof_has_the_worst_figures_and_says_what_was_done() -> None:
    evidence = evidence_of("fp32")
    memory = memory_of(evidence)
    proof = judged(evidence, memory)
    limits = band("fp32", "ieee", "fp32", 64, 80, 600)
    assert limits is not None
    assert (proof.bound, proof.rms_band) == (limits.residual, (limits.rms_low, limits.rms_high))
    alone = [
        judge(replace(evidence, products=[product]), memoryview(memory), np.random.default_rng(1), base_of)
        for product in evidence.products[:2]
    ]
    both = judged(replace(evidence, products=evidence.products[:2]), memory)
    assert proof.max_residual is not None
    assert both.max_residual is not None
    assert both.max_residual >= max(each.max_residual or 0 for each in alone[:1])
    assert proof.max_residual >= both.max_residual
    assert (proof.rms_error or 0) >= (both.rms_error or 1)
    assert "Freivalds" in proof.method
    assert "4 products, 1 with rows of one number, 1 scaled by powers of two; " in proof.checked
    assert "2 products, 0 with rows of one number, 0 scaled by powers of two; " in both.checked


def test_a_proof_that_fails_has_the_figures_of_what_is_wrong() -> None:
    evidence = evidence_of("fp32", signs=False)
    memory = memory_of(evidence)
    c_of(memory, evidence, 1)[:] *= np.float32(1.001)
    proof = judged(evidence, memory)
    assert proof.rms_error == pytest.approx(0.001, rel=1e-3)
    assert (
        proof.reason == f"less precise than its name: rms error 0.001, expected at most {(proof.rms_band or ())[1]:g}"
    )


def test_the_figures_are_relative_to_the_product() -> None:
    evidence = evidence_of("fp64", (64, 64, 64), signs=False)
    memory = memory_of(evidence)
    c_of(memory, evidence, 0)[:] *= 1.25
    proof = judged(evidence, memory)
    assert proof.rms_error == pytest.approx(0.25, rel=1e-9)
    assert proof.max_residual is not None
    assert 0.5 < proof.max_residual < 1.25  # of sums that are 2 to 5 times their rms at most


def test_the_limits_are_those_of_the_elements_that_were_looked_at() -> None:
    few = evidence_of("bf16", (9, 70, 64))
    proof = judged(few, memory_of(few))
    assert proof.rms_band == (0, proof.bound)  # one row of 70 elements is dense in the planted product
    dense = judged(replace(few, products=few.products[:2]), memory_of(few))
    assert dense.rms_band == (1.4e-3, 1.95e-3)


def test_the_rms_of_few_elements_is_not_judged() -> None:
    for shape in ((9, 16, 32), (511, 1, 32)):
        few = evidence_of("bf16", shape, signs=False)
        proof = judged(few, memory_of(few))
        assert proof.rms_band == (0, proof.bound)
    enough = evidence_of("bf16", (512, 1, 32), signs=False)
    assert judged(enough, memory_of(enough)).rms_band == (1.4e-3, 1.95e-3)


def test_no_figures_prove_nothing() -> None:
    assert not proof_of([Found(NOTHING)], "nothing").passed
    assert not proof_of([Found(NOTHING, residual=0)], "nothing").passed
    assert proof_of([Found(NOTHING, residual=0, error=0), Found(NOTHING)], "one of two").passed


def test_the_columns_are_drawn_too() -> None:
    evidence = evidence_of("fp32", (8, 1030, 16), signs=False)
    memory = memory_of(evidence)
    assert len({judged(evidence, memory, seed).rms_error for seed in range(4)}) == 4


def test_other_dice_find_other_figures_and_the_same_dice_the_same() -> None:
    evidence = evidence_of("fp32")
    memory = memory_of(evidence)
    assert judged(evidence, memory, 1) == judged(evidence, memory, 1)
    first, second = judged(evidence, memory, 1), judged(evidence, memory, 2)
    assert first.max_residual != second.max_residual
    assert first.rms_error != second.rms_error


def test_slices_change_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = evidence_of("fp32")
    memory = memory_of(evidence)
    whole = judged(evidence, memory)
    monkeypatch.setattr(module, "IN_CACHE", 100)
    sliced = judged(evidence, memory)
    assert sliced.max_residual == pytest.approx(whole.max_residual, rel=1e-6)
    assert sliced.rms_error == whole.rms_error


@pytest.mark.parametrize(
    "key", [("fp32", "fp32", "bf16x9"), ("fp32", "fp64", "ieee"), ("fp64", "fp64", "tf32")], ids=str
)
def test_an_arithmetic_without_a_band_is_not_proven(key: tuple[str, str, str]) -> None:
    operand, product, mode = key
    evidence = replace(evidence_of("fp64", signs=False), a=operand, b=operand, c=product, math=mode)
    proof = judged(evidence, bytearray(len(memory_of(evidence_of("fp64")))))
    assert code_of(proof) == "no_error_band"
    assert str(proof.reason).startswith(f"no error band is known for {operand} ({mode})")
    assert (proof.max_residual, proof.rms_error) == (None, None)


# --- evidence without sense


def test_evidence_without_sense_raises() -> None:
    evidence = evidence_of("fp32")
    memory = memory_of(evidence)
    for bad in (
        replace(evidence, m=0),
        replace(evidence, a="fp4"),
        replace(evidence, products=[]),
        replace(evidence, bases=Bases(-1, evidence.bases.length)),
        replace(evidence, products=[evidence.products[0], replace(evidence.products[1], planted=-1)]),
    ):
        with pytest.raises(ValueError, match=r".+"):
            judged(bad, memory)
    with pytest.raises(ValueError, match="does not lie in a memory"):
        judged(evidence, memory[:-1])
    narrow = evidence_of("bf16")
    scaled = [*narrow.products, replace(narrow.products[0], scaled=1)]
    with pytest.raises(ValueError, match="scaled without error"):
        judged(replace(narrow, products=scaled), memory_of(narrow))


def asked(request: object) -> bytes:
    return msgspec.json.encode(request) + b"\n"


def refusal(proof: Proof | None) -> str:
    """What the judge says of a request that it cannot use."""
    assert proof is not None
    assert code_of(proof) == "evidence_refused"
    assert (proof.max_residual, proof.rms_error, proof.checked) == (None, None, "nothing")
    return str(proof.reason).removeprefix("the judge cannot use the evidence: ")


def changed(**of: Any) -> Claim:
    """An honest claim, but for something of its evidence."""
    claim, _ = measured()
    return replace(claim, evidence=replace(claim.evidence, **of))


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (b"\n", "truncated"),
        (b"{}\n", "missing required field `type`"),
        (b'{"type":"Dance"}\n', "Invalid value 'Dance'"),
        (b"\xff\xfe\n", "malformed"),
        (asked(evidence_of("fp32")), "missing required field `type`"),
        (asked(changed(layout="tt")), "Invalid enum value 'tt'"),
        (asked(changed(k=0)), "no elements"),
        (asked(changed(m=-1)), "no elements"),
        (asked(changed(a="fp4")), "no storage format"),
        (asked(changed(bases=Bases(-1, 1000))), "does not lie in a memory of 0 bytes"),
        (asked(changed(bases=Bases(1, 2**70))), "out of bounds"),
        (asked(changed(bases=Bases(1, 0))), r"high <= 0"),
        (asked(changed()), "does not lie in a memory of 0 bytes"),
        (asked(Claim(changed().evidence, Ledger())), "no product of a timed block was handed over"),
    ],
)
def test_whatever_is_asked_is_answered(request_: bytes, told: str) -> None:
    assert told in refusal(answer(request_, b"", base_of))


@given(st.binary())
def test_whatever_is_asked_never_passes(line: bytes) -> None:
    refusal(answer(line + b"\n", b"", base_of))


def test_a_judge_without_memory_says_so() -> None:
    def no_memory(storage: str, bases: Bases) -> Codes:
        raise MemoryError

    claim, memory = measured()
    assert refusal(answer(asked(claim), memory, no_memory)) == "MemoryError"
    assert answer(asked(Prepare(["fp32"], claim.evidence.bases)), memory, no_memory) is None


def test_bases_are_drawn_ahead_as_far_as_they_can_be() -> None:
    drawn = []

    def draw(storage: str, bases: Bases) -> Codes:
        drawn.append((storage, bases))
        return drawn_base(storage, bases)

    bases = Bases(1, 10)
    assert answer(asked(Prepare(["fp32", "int8", "fp4", "fp64"], bases)), b"", draw) is None
    assert drawn == [("fp32", bases), ("int8", bases), ("fp4", bases)]


def test_the_dice_of_the_process_are_not_those_of_a_seed() -> None:
    claim, memory = measured(shape=SHAPE)
    proofs = [answer(asked(claim), memory, base_of) for _ in range(4)]
    assert len({proof.max_residual for proof in proofs if proof}) == 4


# --- claims: products and looks that follow from a ledger


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_an_honest_claim_passes(dtype: str, layout: Any) -> None:
    claim, memory = measured(dtype, layout, shape=(24, 20, 16))
    proof = answer(asked(claim), memory, base_of)
    assert proof is not None
    assert code_of(proof) is None
    assert proof.checked.endswith("; numbers of A, B and C after 4 blocks and passes")


def test_products_that_a_claim_names_itself_are_not_judged() -> None:
    claim, memory = measured()
    named = replace(claim, evidence=replace(claim.evidence, products=[Product(at=-1, a_offset=-1, b_offset=-1)]))
    proof = answer(asked(named), memory, base_of)
    assert proof is not None
    assert code_of(proof) is None


@pytest.mark.parametrize("handed", range(4))
def test_each_product_of_a_claim_must_be_that_of_its_operands(handed: int) -> None:
    claim, memory = measured(shape=SHAPE)
    each = len(memory) // 4
    for wrong, code in ((bytes(each), "not_the_product"), (b"\xff" * each, "product_not_finite")):
        proof = answer(asked(claim), memory[: handed * each] + wrong + memory[(handed + 1) * each :], base_of)
        assert proof is not None
        assert code_of(proof) == code


def tampered(tamper: Callable[[Look], Look], which: int = -1) -> Proof:
    """The proof of a claim of which one look was changed."""
    claim, memory = measured()
    seen = claim.ledger.seen
    seen[which] = replace(seen[which], look=tamper(seen[which].look))
    proof = answer(asked(claim), memory, base_of)
    assert proof is not None
    return proof


@pytest.mark.parametrize("which", range(4))
def test_looks_are_judged_where_all_products_are_right(which: int) -> None:
    proof = tampered(lambda look: replace(look, c=bytes(len(look.c))), which)
    assert code_of(proof) == "older_product"
    assert proof.max_residual is not None
    assert proof.max_residual < proof.bound
    undone = tampered(lambda look: replace(look, c=b"\xff" * len(look.c)), which)
    assert code_of(undone) == "left_undone"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda look: replace(look, loops=0),
        lambda look: replace(look, loops=-1),
        lambda look: replace(look, loops=2**63 + 1),
        lambda look: replace(look, loops=2**70),
        lambda look: replace(look, seed=-1),
        lambda look: replace(look, c=look.c[:-1]),
        lambda look: replace(look, c=look.c[:-4]),
        lambda look: replace(look, c=b""),
        lambda look: replace(look, a=look.a + look.a),
        lambda look: replace(look, b=b""),
    ],
)
def test_looks_at_other_numbers_are_refused_and_the_process_goes_on(tamper: Callable[[Look], Look]) -> None:
    refusal(tampered(tamper))


@pytest.mark.parametrize("which", ["operands", "order"])
@pytest.mark.parametrize("sets", [-1, 0, 1, 3, 5, 2**62, 2**70])
def test_operands_and_orders_of_other_sets_are_refused(which: str, sets: int) -> None:
    claim, memory = measured()
    for seen in claim.ledger.seen:
        altered = replace(seen, **{which: Dealt(getattr(seen, which).seed, sets)})
        one = Ledger(claim.ledger.dealt, [altered], claim.ledger.chosen, claim.ledger.apart)
        refusal(answer(asked(replace(claim, ledger=one)), memory, base_of))


@given(st.data())
def test_no_ledger_takes_the_process_down(data: st.DataObject) -> None:
    """Any number of a true claim is changed to a small or a very large one; between them are some that take an hour."""
    claim, memory = measured()
    line = asked(claim)
    places = [place.span() for place in re.finditer(rb"-?\d+", line)]
    start, end = data.draw(st.sampled_from(places))
    number = data.draw(st.integers(-2, 300) | st.integers(2**62, 2**70))
    proof = answer(line[:start] + str(number).encode() + line[end:], memory, base_of)
    assert proof is not None
    code_of(proof)


# --- the process, without one


@pytest.fixture
def descriptor(tmp_path: Any) -> Iterator[int]:
    found = os.open(tmp_path / "memory", os.O_RDWR | os.O_CREAT)
    yield found
    os.close(found)


def fill(descriptor: int, content: bytes) -> None:
    """Write to the beginning of the memory."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, content)


def test_each_claim_has_one_answer_and_the_memory_is_looked_at_anew_when_it_has_grown(descriptor: int) -> None:
    (small, few), (large, many) = measured(), measured(shape=SHAPE)

    def requests() -> Iterator[bytes]:
        yield asked(small)  # of no memory at all
        fill(descriptor, few)
        yield asked(Prepare(["fp32"], small.evidence.bases))
        yield asked(small)
        yield asked(large)
        fill(descriptor, many)
        yield asked(large)
        fill(descriptor, b"\0" * 4000)  # the same memory, which somebody writes to
        yield asked(large)

    answers = io.BytesIO()
    serve(requests(), answers, descriptor)
    proofs = [msgspec.json.decode(line, type=Proof) for line in answers.getvalue().splitlines()]
    told = ["evidence_refused", None, "evidence_refused", None, "not_the_product"]
    assert [code_of(proof) for proof in proofs] == told


def test_the_process_ends_with_its_parent_or_with_its_last_request(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(module, "die_with_parent", lambda: done.append("asked"))
    monkeypatch.setattr(module.signal, "signal", lambda *handled: done.append(handled))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr("sys.argv", ["judge", "0"])
    module.main()
    assert done == [(signal.SIGINT, signal.SIG_IGN), "asked"]


def test_a_base_is_drawn_once(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw(storage: str, bases: Bases) -> Float64:
        drawn.append(storage)
        return drawn_base(storage, bases)

    monkeypatch.setattr(module, "drawn_base", draw)
    claim, memory = measured()
    fill(descriptor, memory)
    answers = io.BytesIO()
    serve([asked(Prepare(["fp32"], claim.evidence.bases)), asked(claim), asked(claim)], answers, descriptor)
    assert drawn == ["fp32"]
    assert answers.getvalue().count(b'"passed":true') == 2
