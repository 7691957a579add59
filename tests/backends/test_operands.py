"""Numbers of A and B are those of the seed, rounded to the nearest, and every offset is another matrix."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flopsbench.backends import operands
from flopsbench.backends.operands import CHUNK, QUANTILES, STORAGES, draw_base, fill, quantile_codes, quantiles
from tests.backends.torch_or_skip import torch_or_skip

Array = NDArray[Any]


class Layout(NamedTuple):
    """The bits of a format, from its definition: IEEE 754, or the OCP's "8-bit floating point specification"."""

    exponent_bits: int
    mantissa_bits: int
    most: int  # the code of the largest finite number


LAYOUTS = {
    "bf16": Layout(8, 7, 0x7F7F),
    "fp16": Layout(5, 10, 0x7BFF),
    "fp8_e4m3": Layout(4, 3, 0x7E),
    "fp8_e5m2": Layout(5, 2, 0x7B),
}
NARROW = [*LAYOUTS, "int8"]


def value(magnitude_code: int, layout: Layout) -> Fraction:
    """What a code without its sign stands for; that of infinity is taken for one more finite number."""
    exponent, mantissa = divmod(magnitude_code, 1 << layout.mantissa_bits)
    bias = (1 << layout.exponent_bits - 1) - 1
    if exponent == 0:
        return Fraction(mantissa, 1 << layout.mantissa_bits) * Fraction(2) ** (1 - bias)
    return (1 + Fraction(mantissa, 1 << layout.mantissa_bits)) * Fraction(2) ** (exponent - bias)


def nearest(x: float, name: str) -> set[int]:
    """The magnitude codes that a number may be rounded to: of all neighbours the nearest, of two the even one."""
    layout, size = LAYOUTS[name], abs(Fraction(x))
    low, high = 0, layout.most + 1
    while high - low > 1:  # codes ascend as their values do
        middle = (low + high) // 2
        low, high = (middle, high) if value(middle, layout) <= size else (low, middle)
    below, above = size - value(low, layout), value(high, layout) - size
    if below == above:
        return {low + low % 2}
    return {low if below < above else high}


def bits(codes: Array) -> Array:
    """The bit patterns of codes, as integers."""
    unsigned: Array = codes.view(f"u{codes.itemsize}")
    return unsigned.astype(np.int64)


def magnitude_bits(name: str) -> int:
    layout = LAYOUTS[name]
    return layout.exponent_bits + layout.mantissa_bits


def check_rounding(x: float, name: str) -> None:
    code = int(bits(STORAGES[name].narrow(np.array([x])))[0])
    sign, magnitude = divmod(code, 1 << magnitude_bits(name))
    assert magnitude in nearest(x, name)
    assert sign == int(np.signbit(x))


# --- rounding and widening


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_finite_code_widens_to_what_it_stands_for_and_is_rounded_to_itself(name: str) -> None:
    layout, storage = LAYOUTS[name], STORAGES[name]
    codes = np.arange(layout.most + 1)
    expected = np.array([float(value(int(code), layout)) for code in codes])
    for sign in (0, 1):
        unsigned = (codes | sign << magnitude_bits(name)).astype(f"u{storage.code.itemsize}").view(storage.code)
        widened = storage.widen(unsigned)
        assert widened.dtype == np.float64
        assert np.array_equal(widened, -expected if sign else expected)
        assert np.array_equal(bits(storage.narrow(widened)), bits(unsigned))


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_no_number_widens_to_none(name: str) -> None:
    layout, storage = LAYOUTS[name], STORAGES[name]
    beyond = np.arange(layout.most + 1, 1 << magnitude_bits(name)).astype(f"u{storage.code.itemsize}")
    assert not np.isfinite(storage.widen(beyond.view(storage.code))).any()


@pytest.mark.parametrize("name", LAYOUTS)
@given(x=st.one_of(st.floats(-5, 5), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_is_rounded_to_the_nearest(name: str, x: float) -> None:
    check_rounding(x, name)


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
def test_ties_go_to_the_even_code_and_what_lies_beside_a_tie_does_not(name: str, data: st.DataObject) -> None:
    layout = LAYOUTS[name]
    code = data.draw(st.integers(0, layout.most))
    tie = float((value(code, layout) + value(code + 1, layout)) / 2)
    for x in (tie, np.nextafter(tie, 0), np.nextafter(tie, np.inf), -tie):
        check_rounding(float(x), name)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_quantiles_are_rounded_to_the_nearest(name: str) -> None:
    """All 65,536 of them: each lies between the middles to both neighbours, on a middle only if the code is even."""
    layout, storage = LAYOUTS[name], STORAGES[name]
    finite = np.array([float(value(code, layout)) for code in range(layout.most + 2)])
    codes = bits(quantile_codes(name))[QUANTILES // 2 :]  # the upper half
    twice = 2 * quantiles()[QUANTILES // 2 :] / storage.scale
    low, high = finite[codes] + finite[np.maximum(codes - 1, 0)], finite[codes] + finite[codes + 1]
    even = codes % 2 == 0
    assert ((low < twice) | (even & (low == twice))).all()
    assert ((twice < high) | (even & (high == twice))).all()
    lower = bits(quantile_codes(name))[: QUANTILES // 2]
    assert np.array_equal(lower[::-1], codes | 1 << magnitude_bits(name))


def test_int8_is_32_steps_per_deviation_and_never_its_smallest_integer() -> None:
    expected = np.minimum(np.maximum(np.round(quantiles() * 32), -127), 127)
    assert np.array_equal(quantile_codes("int8"), expected)
    assert np.array_equal(STORAGES["int8"].narrow(np.array([0.5, 1.5, 2.5, -1e9, 1e9])), [0, 2, 2, -127, 127])


@pytest.mark.parametrize("name", LAYOUTS)
def test_torch_rounds_the_quantiles_alike(name: str) -> None:
    torch = torch_or_skip()
    dtypes = {"bf16": "bfloat16", "fp16": "float16", "fp8_e4m3": "float8_e4m3fn", "fp8_e5m2": "float8_e5m2"}
    storage, dtype = STORAGES[name], getattr(torch, dtypes[name])
    integers = torch.uint8 if storage.code.itemsize == 1 else torch.int16
    wide = np.random.default_rng(1).standard_normal(100_000).astype(np.float32).astype(np.float64)
    wide = wide * 2.0 ** (np.arange(wide.size) % 40 - 30)  # subnormal numbers of each format as well
    most = float(value(LAYOUTS[name].most, LAYOUTS[name]))
    for values in (quantiles() / storage.scale, wide[np.abs(wide) < most]):
        theirs = torch.from_numpy(values).to(dtype)
        assert np.array_equal(bits(storage.narrow(values)), bits(theirs.view(integers).numpy()))
        assert np.array_equal(storage.widen(storage.narrow(values)), theirs.double().numpy())


# --- the base

GOLDEN = {
    ("fp64", 0): "4e7a2ece1420539c",
    ("fp64", 2026): "0b5e83140458d98f",
    ("fp32", 0): "6bc45058bfe75f92",
    ("fp32", 2026): "f8a46daf9fe02b36",
    ("bf16", 0): "ea1d13e1d8299a28",
    ("bf16", 2026): "a0f4d69a7b5aa8a1",
    ("fp16", 0): "7baf0521bf487475",
    ("fp16", 2026): "d6afaac03a432a7c",
    ("fp8_e4m3", 0): "f5e0f4af8a1f5256",
    ("fp8_e4m3", 2026): "9e447ffcb8ca4e7d",
    ("fp8_e5m2", 0): "a1a435a8843e935c",
    ("fp8_e5m2", 2026): "9c599e8317e2cbd5",
    ("int8", 0): "2f8d1732e7b09b6c",
    ("int8", 2026): "c5607d19094f703e",
}


def digest(codes: Array) -> str:
    little_endian = codes.astype(codes.dtype.newbyteorder("<"))
    return sha256(little_endian.tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(("name", "seed"), GOLDEN)
def test_a_seed_gives_the_same_base_everywhere(name: str, seed: int) -> None:
    assert digest(draw_base(name, seed, 64)) == GOLDEN[name, seed]


def test_every_format_has_its_digest() -> None:
    assert {name for name, _ in GOLDEN} == set(STORAGES)


@pytest.mark.parametrize("name", STORAGES)
def test_a_base_has_the_dtype_and_the_length_that_were_asked_for(name: str) -> None:
    base = draw_base(name, 7, 1001)
    assert (base.dtype, base.shape) == (STORAGES[name].code, (1001,))
    assert not np.array_equal(base, draw_base(name, 8, 1001))


@pytest.mark.parametrize("name", STORAGES)
def test_a_base_is_normally_distributed(name: str) -> None:
    storage, count = STORAGES[name], 200_000
    values = storage.widen(draw_base(name, 3, count)) * storage.scale
    assert abs(values.mean()) < 5 / np.sqrt(count)
    assert abs(values.std() - 1) < 0.01
    assert abs((values**4).mean() - 3) < 0.15
    assert np.mean(np.abs(values) > 1) == pytest.approx(0.3173, abs=0.06)  # e4m3 and e5m2 have few numbers near 1


@pytest.mark.parametrize("name", NARROW)
def test_the_codes_of_a_format_have_mean_0_and_their_largest_is_the_largest(name: str) -> None:
    values = STORAGES[name].widen(quantile_codes(name))
    assert values.mean() == 0
    assert np.isfinite(values).all()
    largest = {"fp8_e4m3": 448, "fp8_e5m2": 57344, "int8": 127}
    if name in largest:
        assert values.max() == largest[name]
    assert np.float32(STORAGES[name].scale) == STORAGES[name].scale


def test_a_long_base_begins_as_a_short_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operands, "CHUNK", 1 << 6)
    assert np.array_equal(draw_base("bf16", 5, 1 << 8), draw_base("bf16", 5, 1000)[: 1 << 8])
    assert CHUNK % 4 == 0  # a generator's 64 bits are used up at the end of each chunk
    monkeypatch.undo()
    assert np.array_equal(draw_base("bf16", 5, 1 << 8), draw_base("bf16", 5, 1000)[: 1 << 8])


# --- matrices out of the base


@given(length=st.integers(1, 60), rows=st.integers(1, 8), offset=st.integers(-200, 200), fortran=st.booleans())
def test_fill_is_a_roll(length: int, rows: int, offset: int, fortran: bool) -> None:
    base = np.arange(length)
    columns = length // rows
    out = np.full((rows, columns), -1, order="F" if fortran else "C")
    fill(out, base, offset)
    assert np.array_equal(out.ravel(order="K"), np.roll(base, -offset)[: rows * columns])


def test_a_transposed_matrix_is_filled_in_place() -> None:
    memory = np.zeros((3, 5), np.uint8)
    fill(memory.T, np.arange(15, dtype=np.uint8), 4)
    assert np.array_equal(memory.reshape(-1), np.roll(np.arange(15), -4))


@pytest.mark.parametrize(
    "out",
    [np.zeros((4, 4), np.float32)[:, ::2], np.zeros(4, np.float64), np.zeros(11, np.float32), np.zeros((4, 4, 2))[1:3]],
    ids=["not contiguous", "another dtype", "longer than the base", "both"],
)
def test_what_cannot_be_filled_is_refused(out: Array) -> None:
    with pytest.raises(ValueError, match="only a contiguous array"):
        fill(out, np.ones(10, np.float32), 0)
    assert not out.any()


@pytest.mark.parametrize("name", STORAGES)
def test_two_offsets_give_different_matrices_with_different_rows(name: str) -> None:
    base = draw_base(name, 1, 32 * 32)
    one, other = np.empty((32, 32), base.dtype), np.empty((32, 32), base.dtype)
    fill(one, base, 5)
    fill(other, base, 5 + 7)
    assert not np.array_equal(one, other)
    assert not {row.tobytes() for row in one} & {row.tobytes() for row in other}
