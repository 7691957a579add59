"""Right products pass in their own band; every wrong one, and every other arithmetic, does not."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from flopsbench.backend import Compute, Operands
from flopsbench.backends import numpy as numpy_backend
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.host.cpu import cpu_device
from flopsbench.problem import Problem
from flopsbench.proof.bands import BANDS
from flopsbench.proof.prove import prove
from flopsbench.result.types import Proof
from flopsbench.runs.plan import usual_layout
from tests.backends.torch_or_skip import torch_or_skip

torch = torch_or_skip()
from flopsbench.backends.torch import gemm as torch_backend  # noqa: E402  (only where there is a torch)

EDGE = 128
Array = NDArray[Any]


def normal(rows: int, columns: int, seed: int = 0, dtype: Any = np.float32) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, columns)).astype(dtype)


def with_mantissa(values: Array, bits: int) -> Array:
    """float32 rounded to the nearest number of so many mantissa bits."""
    dropped = 23 - bits
    integers = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = (integers + (1 << (dropped - 1))) >> dropped << dropped
    return rounded.astype(np.uint32).view(np.float32)


def cut_to_mantissa(values: Array, bits: int) -> Array:
    """float32 with the lower mantissa bits cut off, as tensor cores do."""
    mask = np.uint32(0xFFFFFFFF << (23 - bits) & 0xFFFFFFFF)
    return (values.view(np.uint32) & mask).view(np.float32)


def stored(values: Array, name: str) -> Array:
    """Values as the narrow format holds them, widened exactly to float32."""
    narrow = {"bf16": torch.bfloat16, "fp16": torch.float16}[name]
    wide: Array = torch.from_numpy(values).to(narrow).float().numpy()
    return wide


def computed(a: str, c: str | None = None, math: str = "ieee") -> Compute:
    return Compute(a, a, c or a, "fp32", "a test", math)


def judged(a: Array, b: Array, c: Array, compute: Compute, scale: float = 1.0) -> Proof:
    return prove(Operands(a, b, c, scale), compute, seed=1)


def fp32_product() -> tuple[Array, Array, Array]:
    a, b = normal(EDGE, EDGE, 1), normal(EDGE, EDGE, 2)
    return a, b, a @ b


# --- right products


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["fp64", "fp32"])
@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
def test_numpys_products_are_right(dtype, layout):
    problem = Problem(EDGE, EDGE + 32, EDGE - 32, DTYPES[dtype], layout)
    job = numpy_backend.prepare(problem, cpu_device())
    job.launch()
    assert prove(job.operands(), job.compute, seed=1).reason is None


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "tf32"])
def test_torchs_products_are_right(dtype):
    problem = Problem(EDGE, EDGE + 32, EDGE - 32, DTYPES[dtype], usual_layout(DTYPES[dtype]))
    try:
        job = torch_backend.prepare(problem, cpu_device())
    except Unsupported as error:
        pytest.skip(f"this torch has no {dtype} on this CPU: {error}")
    job.launch()
    assert prove(job.operands(), job.compute, seed=1).reason is None


@pytest.mark.parametrize("narrowed", [with_mantissa, cut_to_mantissa])
def test_tf32_is_right_whether_it_rounds_or_cuts(narrowed):
    a, b, _ = fp32_product()
    assert judged(a, b, narrowed(a, 10) @ narrowed(b, 10), computed("fp32", math="tf32")).reason is None


def test_bf16_products_in_fp32_output_are_right():
    a, b = (stored(normal(EDGE, EDGE, seed), "bf16") for seed in (1, 2))
    assert judged(a, b, a @ b, computed("bf16", "fp32")).reason is None


def test_what_follows_a_comma_in_the_math_mode_changes_no_digit():
    a, b, c = fp32_product()
    assert judged(a, b, c, computed("fp32", math="ieee,fast_accum")).passed


THIN = [(1, 1, 1), (2, 2, 256), (1, 512, 512), (512, 1, 512), (64, 64, 2), (256, 256, 4), (8, 8, 8)]


@pytest.mark.parametrize("shape", THIN, ids=str)
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_right_products_of_thin_shapes_are_right_whatever_the_numbers(name, shape):
    """Few sums may all lie near 0 by chance, and few elements have no typical rounding error."""
    m, n, k = shape
    for seed in range(15):
        a, b = stored(normal(m, k, seed), name), stored(normal(k, n, seed + 99), name)
        proof = prove(Operands(a, b, stored(a @ b, name)), computed(name), seed)
        assert proof.passed, (seed, proof.reason)


@pytest.mark.parametrize("shape", [*THIN, (EDGE, EDGE, EDGE)], ids=str)
def test_thin_products_of_zeros_are_wrong(shape):
    m, n, k = shape
    proof = judged(normal(m, k), normal(k, n, 1), np.zeros((m, n), np.float32), computed("bf16"))
    assert not proof.passed
    assert proof.max_residual >= 1


# --- wrong products


WRONG = {
    "zero": lambda a, b, c: np.zeros_like(c),
    "swapped": lambda a, b, c: (b.astype(np.float64) @ a).astype(c.dtype),
    "stale": lambda a, b, c: (a[::-1].astype(np.float64) @ b).astype(c.dtype),
    "transposed": lambda a, b, c: np.ascontiguousarray(c.T),
    "doubled": lambda a, b, c: c * 2,
    "added to": lambda a, b, c: c + c.std().astype(c.dtype),
}
KEYS = list(BANDS)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_a_wrong_product_has_no_band(key, wrong):
    operand, mode, output = key
    if operand == "int8":
        a, b = (np.round(32 * normal(EDGE, EDGE, seed)).clip(-127, 127).astype(np.int8) for seed in (1, 2))
        c = a.astype(np.int32) @ b.astype(np.int32)
    else:
        a, b, c = fp32_product()
    proof = judged(a, b, WRONG[wrong](a, b, c), computed(operand, output, mode))
    assert not proof.passed
    assert proof.reason.startswith("C is not A·B: residual ")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_enough(value):
    a, b, c = fp32_product()
    c[77, 99] = value
    proof = judged(a, b, c, computed("fp32"))
    assert not proof.passed
    assert "not finite" in proof.reason
    assert proof.max_residual is None


def test_one_integer_that_was_never_overwritten_is_enough():
    a, b, c = int8_product()
    c[77, 99] = np.iinfo(np.int32).min
    assert "never computed" in judged(a, b, c, computed("int8", "int32")).reason


def int8_product() -> tuple[Array, Array, Array]:
    a, b = (np.round(32 * normal(EDGE, EDGE, seed)).clip(-127, 127).astype(np.int8) for seed in (1, 2))
    return a, b, a.astype(np.int32) @ b.astype(np.int32)


@pytest.mark.parametrize("off", [1, -1])
@pytest.mark.parametrize("row", range(0, EDGE, 32))
def test_one_integer_off_by_one_is_enough(row, off):
    a, b, c = int8_product()
    c[row, 99] += off
    proof = judged(a, b, c, computed("int8", "int32"))
    assert not proof.passed
    assert proof.reason.startswith("C is not A·B")


@cache
def large() -> tuple[Array, Array, Array]:
    a, b = normal(2048, 2048, 1), normal(2048, 2048, 2)
    return a, b, a @ b


def test_a_large_product_is_right():
    assert judged(*large(), computed("fp32")).passed


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1984, 1984), (640, 1280)])
def test_one_missing_tile_of_a_large_product_is_enough(row, column):
    a, b, c = large()
    holed = c.copy()
    holed[row : row + 64, column : column + 64] = 0
    proof = judged(a, b, holed, computed("fp32"))
    assert not proof.passed
    assert proof.max_residual > 0.2


def test_a_missing_tile_of_a_bf16_product_is_enough():
    a, b = (stored(normal(512, 512, seed), "bf16") for seed in (1, 2))
    c = stored(a @ b, "bf16")
    c[64:128, 448:] = 0
    assert judged(a, b, c, computed("bf16")).reason.startswith("C is not A·B")


@pytest.mark.parametrize("element", [(0, 0), (127, 64)])
def test_one_wrong_element_of_an_fp32_product_is_enough(element):
    a, b, c = fp32_product()
    c[element] += 1
    assert not judged(a, b, c, computed("fp32")).passed


# --- other arithmetic than the name says


@pytest.mark.parametrize("bits", [10, 7], ids=["tf32", "bf16"])
@pytest.mark.parametrize("narrowed", [with_mantissa, cut_to_mantissa])
def test_fp32_of_fewer_mantissa_bits_is_less_precise_than_its_name(bits, narrowed):
    a, b, _ = fp32_product()
    proof = judged(a, b, narrowed(a, bits) @ narrowed(b, bits), computed("fp32"))
    assert proof.reason.startswith("less precise than its name: rms error ")


def test_fp64_computed_in_fp32_is_less_precise_than_its_name():
    a, b = normal(EDGE, EDGE, 1, np.float64), normal(EDGE, EDGE, 2, np.float64)
    c = (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float64)
    assert judged(a, b, c, computed("fp64")).reason.startswith("less precise")


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 8, 64], ids="every {} sums".format)
def test_bf16_sums_kept_in_bf16_are_not_passed_as_sums_in_fp32(step):
    a, b = (stored(normal(512, 512, seed), "bf16") for seed in (1, 2))
    c = np.zeros((512, 512), np.float32)
    for start in range(0, 512, step):
        c = stored(c + a[:, start : start + step] @ b[start : start + step], "bf16")
    assert not judged(a, b, c, computed("bf16")).passed
    assert judged(a, b, stored(a @ b, "bf16"), computed("bf16")).passed


def test_bf16_rounded_once_more_is_less_precise_than_fp32_output():
    a, b = (stored(normal(EDGE, EDGE, seed), "bf16") for seed in (1, 2))
    assert judged(a, b, stored(a @ b, "bf16"), computed("bf16", "fp32")).reason.startswith("less precise")


def test_fp16_served_as_bf16_is_less_precise_than_its_name():
    a, b = (stored(normal(EDGE, EDGE, seed), "fp16") for seed in (1, 2))
    c = stored(stored(a, "bf16") @ stored(b, "bf16"), "fp16")
    assert judged(a, b, c, computed("fp16")).reason.startswith("less precise")


def test_tf32_served_as_bf16_is_less_precise_than_its_name():
    a, b, _ = fp32_product()
    proof = judged(a, b, with_mantissa(a, 7) @ with_mantissa(b, 7), computed("fp32", math="tf32"))
    assert proof.reason.startswith("less precise")


def test_tf32_that_was_fp32_all_along_is_more_precise_than_its_name():
    assert judged(*fp32_product(), computed("fp32", math="tf32")).reason.startswith("more precise than its name")


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_a_narrow_output_that_was_never_rounded_is_more_precise_than_its_name(name):
    a, b = (stored(normal(EDGE, EDGE, seed), name) for seed in (1, 2))
    assert judged(a, b, a @ b, computed(name)).reason.startswith("more precise than its name")


def test_bf16_served_as_fp16_is_more_precise_than_its_name():
    a, b = (stored(normal(EDGE, EDGE, seed), "bf16") for seed in (1, 2))
    assert judged(a, b, stored(a @ b, "fp16"), computed("bf16")).reason.startswith("more precise than its name")


@pytest.mark.parametrize("dtype", ["fp8_e4m3", "fp8_e5m2"])
def test_fp8_scales_left_out_are_no_product(dtype):
    a, b, c = fp32_product()
    scaled = stored(c * 0.01, "bf16")
    assert judged(a, b, scaled, computed(dtype, "bf16"), scale=0.01).passed
    assert not judged(a, b, stored(c, "bf16"), computed(dtype, "bf16"), scale=0.01).passed


def test_a_residual_beyond_its_bound_is_told_even_where_the_full_rows_look_right(monkeypatch):
    """An element in a row that is not among the eight: only the vectors see it."""
    a, b, c = fp32_product()
    monkeypatch.setattr("flopsbench.proof.prove._some_rows", lambda random, c: np.array([0, 1]))
    c[100, 3] += 0.3
    assert judged(a, b, c, computed("fp32")).reason.startswith("C is not A·B: residual 0.0")


# --- the record


def test_a_proof_says_what_was_found_and_what_was_allowed():
    proof = judged(*fp32_product(), computed("fp32"))
    assert proof.passed
    assert proof.reason is None
    assert 0 < proof.rms_error < 1e-6
    assert 0 < proof.max_residual < 1e-5
    assert (proof.bound, proof.rms_band) == (1e-4, (0, 2e-5))
    assert "Freivalds" in proof.method


def test_the_same_seed_finds_the_same_figures():
    a, b, c = fp32_product()
    assert judged(a, b, c, computed("fp32")) == judged(a, b, c, computed("fp32"))
    other = prove(Operands(a, b, c), computed("fp32"), seed=2)
    assert other.max_residual != judged(a, b, c, computed("fp32")).max_residual


@pytest.mark.parametrize("compute", [computed("int4"), computed("fp32", math="bf16x9"), computed("fp32", "fp64")])
def test_arithmetic_without_a_band_is_not_proven(compute):
    proof = judged(*fp32_product(), compute)
    assert not proof.passed
    assert proof.reason.startswith(f"no error band is known for {compute.a}")


def test_slices_change_no_figure(monkeypatch):
    a, b, c = normal(33, 70, 1), normal(70, 41, 2), normal(33, 70, 1) @ normal(70, 41, 2)
    whole = judged(a, b, c, computed("fp32"))
    monkeypatch.setattr("flopsbench.proof.prove.SLICE_ELEMENTS", 100)
    sliced = judged(a, b, c, computed("fp32"))
    assert sliced.max_residual == pytest.approx(whole.max_residual, rel=1e-6)
    assert sliced.rms_error == pytest.approx(whole.rms_error, rel=1e-6)


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_every_band_has_a_source_and_room(key):
    band = BANDS[key]
    assert band.source
    assert 0 <= band.rms_low <= band.rms_high <= band.residual
