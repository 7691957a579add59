"""The table of number formats."""

from __future__ import annotations

import pytest

from flopsbench.dtype import DTYPES, NAMED, UNMEASURED, order, parse_dtype, parse_named_dtype
from flopsbench.errors import ExitCode, UsageError

BITS = {"fp64": 64, "fp32": 32, "tf32": 32, "bf16": 16, "fp16": 16, "fp8_e4m3": 8, "fp8_e5m2": 8, "int8": 8}


def test_every_dtype_is_stored_in_the_bits_its_name_says():
    assert {name: 8 * dtype.operand_bytes for name, dtype in DTYPES.items()} == BITS


@pytest.mark.parametrize(
    ("name", "size"),
    [("fp64", 8), ("fp32", 4), ("tf32", 4), ("bf16", 2), ("fp16", 2), ("fp8_e4m3", 2), ("fp8_e5m2", 2), ("int8", 4)],
)
def test_outputs_are_wide_enough_for_their_sums(name, size):
    assert DTYPES[name].output_bytes == size


def test_only_integers_are_counted_in_op():
    assert [name for name, dtype in DTYPES.items() if dtype.unit == "OP/s"] == ["int8"]
    assert [name for name, dtype in DTYPES.items() if dtype.is_integer] == ["int8"]


def test_sums_are_kept_in_at_least_fp32():
    sums = {name: dtype.accumulate for name, dtype in DTYPES.items()}
    assert sums == dict.fromkeys(DTYPES, "fp32") | {"fp64": "fp64", "int8": "int32"}


@pytest.mark.parametrize("name", DTYPES)
def test_a_dtype_is_found_by_its_name_in_any_case(name):
    assert parse_dtype(f" {name.upper()} ") is DTYPES[name]


@pytest.mark.parametrize("name", ["", "float33", "fp5", "int3", "fp 32"])
def test_an_unknown_dtype_is_a_usage_error_that_names_the_known(name):
    with pytest.raises(UsageError, match=r"unknown dtype .*: known are fp64, fp32, tf32, bf16") as caught:
        parse_dtype(name)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("names", "dtype"),
    [
        ("float64 double f64", "fp64"),
        ("float32 single f32 Float", "fp32"),
        ("bfloat16", "bf16"),
        ("half float16 f16", "fp16"),
        ("fp8 e4m3 float8_e4m3fn", "fp8_e4m3"),
        ("e5m2 float8_e5m2", "fp8_e5m2"),
        ("s8 i8 int8_t", "int8"),
        ("u8", "uint8"),
    ],
)
def test_a_dtype_is_found_by_the_names_that_libraries_have_for_it(names, dtype):
    assert {parse_named_dtype(f" {name} ").name for name in names.split()} == {dtype}


def test_no_name_of_a_format_is_another_ones_alias():
    assert {parse_named_dtype(name).name for name in NAMED} == set(NAMED)


def test_dtypes_are_ordered_as_the_table_has_them_and_unknown_ones_come_last():
    assert sorted(["fp4", *reversed(DTYPES)], key=order) == [*DTYPES, "fp4"]


@pytest.mark.parametrize("name", UNMEASURED)
def test_a_format_that_is_not_measured_yet_has_a_name_and_an_obstacle(name):
    assert parse_named_dtype(f" {name.upper()} ") is UNMEASURED[name]
    assert UNMEASURED[name].unmeasured
    with pytest.raises(UsageError, match=rf"^{name} is not measured yet: known are fp64"):
        parse_dtype(name)


def test_what_is_measured_has_none():
    assert {dtype.unmeasured for dtype in DTYPES.values()} == {None}
    assert not DTYPES.keys() & UNMEASURED.keys()
    with pytest.raises(UsageError, match="unknown dtype 'fp5'"):
        parse_named_dtype("fp5")
