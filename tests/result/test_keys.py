"""Tests the names of a case: its key, its id and its title, built and parsed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.device import kind_name
from flopsbench.errors import DocumentRejected
from flopsbench.result.keys import (
    KEY_FIELDS,
    case_id,
    case_key,
    case_title,
    implementation,
    limit_id,
    parse_case_key,
    problem_id,
    short_shape,
    split_id,
)
from tests import documents

WORD = st.text(st.characters(codec="ascii", exclude_characters="/", categories=["L", "N", "P", "Zs"]), min_size=1)


def test_a_case_key_says_what_was_measured() -> None:
    case = documents.case(m=1, n=2, k=3, dtype="int8", layout="nt", device="cuda:3", backend="torch", kernel="matmul")
    assert case_key(case) == "gemm/int8/1x2x3/nt/torch/matmul/cuda/burst"
    assert case_id(case) == "cuda:3 gemm/int8/1x2x3/nt/torch/matmul/cuda/burst"


def test_a_limit_is_named_by_its_device_and_dtype() -> None:
    assert limit_id("cuda:0", "fp32") == "cuda:0/fp32"


def test_a_case_key_parses_back() -> None:
    assert parse_case_key("gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst") == {
        "op": "gemm",
        "dtype": "fp32",
        "shape": "2048x2048x2048",
        "layout": "nn",
        "backend": "numpy",
        "kernel": "blas",
        "device kind": "cpu",
        "regime": "burst",
    }


@pytest.mark.parametrize("key", ["", "gemm", "a/b/c/d/e/f/g", "a/b/c/d/e/f/g/h/i", "a//c/d/e/f/g/h", "a/b/c/d/e/f/g/"])
def test_what_is_no_case_key_is_refused(key: str) -> None:
    with pytest.raises(DocumentRejected, match="is not a case: expected op/dtype/shape"):
        parse_case_key(key)


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
@pytest.mark.parametrize("regime", ["burst", "sustained"])
def test_every_key_made_is_a_key_that_parses(device: str, regime: str) -> None:
    parsed = parse_case_key(case_key(documents.case(device=device, regime=regime)))
    assert list(parsed) == list(KEY_FIELDS)
    assert (parsed["device kind"], parsed["regime"]) == (device.split(":")[0], regime)


@pytest.mark.parametrize(
    ("case", "short"),
    [
        ("gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst", "fp32 numpy 2048³"),
        ("cpu gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst", "fp32 numpy 2048³"),
        ("gemm/fp16/128x256x512/nn/torch/matmul/cuda/burst", "fp16 torch 128x256x512, cuda"),
        ("cuda:1 gemm/fp16/64x64x64/nn/cupy/tiled/cuda/sustained", "fp16 cupy tiled 64³, cuda:1, sustained"),
        ("cpu gemm/fp32/2048x2048x2048/nn", "fp32 2048³"),
        ("cuda:1 gemm/fp32/2048x2048x2048/nn", "fp32 2048³, cuda:1"),
        ("tests/test_speed.py::test_a[x-y]", "tests/test_speed.py::test_a[x-y]"),
        ("test one two", "test one two"),
        ("", ""),
    ],
)
def test_a_case_is_named_by_what_is_not_the_usual(case: str, short: str) -> None:
    assert case_title(case) == short


def test_cases_of_several_kernels_share_the_id_of_their_problem() -> None:
    case = documents.case(m=1, n=2, k=3, device="cuda:3")
    assert problem_id(case) == "cuda:3 gemm/fp32/1x2x3/nn"
    assert case_id(case).startswith(f"{problem_id(case)}/")


@given(st.sampled_from(["cpu", "cuda:0", "cuda:12"]), WORD, WORD)
def test_an_id_splits_into_its_device_and_its_key(device: str, backend: str, kernel: str) -> None:
    case = documents.case(device=device, backend=backend, kernel=kernel)
    assert split_id(case_id(case)) == (device, case.case)
    assert split_id(case.case) == ("", case.case)
    assert kind_name(split_id(case_id(case))[0]) == parse_case_key(case.case)["device kind"]


@given(st.text(max_size=30))
def test_any_text_has_a_title_and_splits_into_itself(text: str) -> None:
    assert case_title(text) == text or text.startswith(("gemm/", "cpu gemm/"))
    device, key = split_id(text)
    assert (f"{device} {key}" if device else key) == text or text.startswith(" ")


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (implementation("numpy", "blas"), "numpy"),
        (implementation("cupy", "tiled"), "cupy tiled"),
        (implementation("mylib", "matmul"), "mylib matmul"),
        (short_shape(8, 8, 8), "8³"),
        (short_shape(8, 8, 4), "8x8x4"),
        (short_shape(8, 4, 8, times="×"), "8×4×8"),
        (kind_name("cuda:1"), "cuda"),
        (kind_name("cpu"), "cpu"),
    ],
)
def test_the_parts_of_a_title_are_short(told: str, text: str) -> None:
    assert told == text
