"""In which formats each dtype lies, and how wide their codes are."""

from __future__ import annotations

import numpy as np
import pytest

from flopsbench.backends.formats import usual_formats
from flopsbench.backends.operands import STORAGES, code_dtype
from flopsbench.dtype import DTYPES

FORMATS = {
    "fp64": ("fp64", "fp64", "fp64"),
    "fp32": ("fp32", "fp32", "fp32"),
    "tf32": ("fp32", "fp32", "fp32"),
    "bf16": ("bf16", "bf16", "bf16"),
    "fp16": ("fp16", "fp16", "fp16"),
    "fp8_e4m3": ("fp8_e4m3", "fp8_e4m3", "bf16"),
    "fp8_e5m2": ("fp8_e5m2", "fp8_e4m3", "bf16"),
    "int8": ("int8", "int8", "int32"),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_has_its_formats(dtype: str) -> None:
    assert usual_formats(dtype) == FORMATS[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_formats_are_as_wide_as_the_work_is_counted(dtype: str) -> None:
    a, b, c = (code_dtype(name).itemsize for name in usual_formats(dtype))
    assert (a, b, c) == (DTYPES[dtype].operand_bytes,) * 2 + (DTYPES[dtype].output_bytes,)


def test_codes_are_those_of_the_storages_and_integers() -> None:
    assert all(code_dtype(name) == storage.code for name, storage in STORAGES.items())
    assert code_dtype("int32") == np.int32
