import contextlib
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.units import (
    duration_beside,
    exponential,
    fixed,
    format_digits,
    format_rate,
    format_rates,
    general,
    general_share,
    gigahertz,
    grouped,
    memory_size,
    parse_bytes,
    percent,
    percent_digits,
    round_digits,
    share,
    signed_percent,
    signed_share,
)

UNITS = st.sampled_from(["FLOP/s", "OP/s"])


@pytest.mark.parametrize(
    ("value_per_s", "unit", "printed"),
    [
        (1.59e21, "FLOP/s", "1.59 ZFLOPS"),
        (7.9e14, "FLOP/s", "790 TFLOPS"),
        (999.4e9, "FLOP/s", "999 GFLOPS"),
        (999.96e9, "FLOP/s", "1.00 TFLOPS"),
        (3.958e15, "OP/s", "3.96 POPS"),
        (1979e12, "OP/s", "1.98 POPS"),
        (624e12, "OP/s", "624 TOPS"),
        (999.4, "FLOP/s", "999 FLOPS"),
        (999.6, "FLOP/s", "1.00 kFLOPS"),
        (0.5, "FLOP/s", "0.500 FLOPS"),
        (0.9999, "FLOP/s", "1.00 FLOPS"),
        (0.0, "FLOP/s", "0.00 FLOPS"),
        (1.234e34, "FLOP/s", "12,300 QFLOPS"),
    ],
)
def test_prints_three_digits_and_the_prefix_that_fits(value_per_s, unit, printed):
    assert format_rate(value_per_s, unit) == printed


def test_of_calls_the_time_is_told_the_shorter_first():
    assert format_rate(120.0, "call/s") == "8.33 ms"
    assert format_rates(99.0, 101.0, "call/s") == "9.90–10.1 ms"
    assert format_rates(0.9, 1100.0, "call/s") == "909 µs–1.11 s"


def test_a_time_is_told_in_the_part_of_a_second_of_the_longest_beside_it():
    assert duration_beside(0.0005, 0.002) == "0.5 ms"
    assert duration_beside(0.5, 2.0) == "0.5 s"
    assert duration_beside(2e-10, 4e-10) == "0.2 ns"
    assert duration_beside(0.0, 0.002) == "0 ms"


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_prints_no_nonsense(value):
    with pytest.raises(UsageError, match="not a rate"):
        format_rate(value, "FLOP/s")


@given(st.integers(1, 2**62))
def test_an_amount_of_memory_is_told_with_four_digits_at_most_and_read_back(amount_bytes):
    told = memory_size(amount_bytes)
    assert re.fullmatch(r"(\d{1,4}|\d{1,2}\.\d{1,2}) ([KMGTPE]i)?B", told)
    assert parse_bytes(told) == pytest.approx(amount_bytes, rel=0.006)


@given(st.floats(1, 9e32))
def test_printed_number_lies_between_one_and_a_thousand(value_per_s):
    number = float(format_rate(value_per_s, "FLOP/s").split()[0])
    assert 1 <= number < 1000


@given(st.floats(1e-3, 1e30), st.integers(1, 6))
def test_digits_printed_and_rounded_agree(value, digits):
    printed = format_digits(value, digits).replace(",", "")
    exact = Decimal(repr(value))
    assert abs(Decimal(printed) - exact) <= Decimal(5).scaleb(exact.adjusted() - digits)
    assert float(printed) == round_digits(value, digits)


@given(st.integers(1, 99_999), st.integers(0, 24), st.integers(1, 4))
def test_a_number_ends_in_the_same_digits_in_any_unit(number, power_of_ten, digits):
    value = float(f"{number}e{power_of_ten}")
    in_larger = format_digits(float(f"{number}e{power_of_ten - 3}"), digits).replace(",", "")
    assert Decimal(format_digits(value, digits).replace(",", "")) == Decimal(in_larger).scaleb(3)


def test_a_five_is_rounded_up_whatever_its_binary_neighbour():
    assert (format_rate(2185e18, "FLOP/s"), format_digits(2.185, 3), round_digits(2.185e21, 3)) == (
        "2.19 ZFLOPS",
        "2.19",
        2.19e21,
    )


def test_digits_are_grouped():
    assert format_digits(1234567.0, 7) == "1,234,567"
    assert format_digits(1234567.0, 2) == "1,200,000"
    assert format_digits(0.05, 2) == "0.050"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (general(0.5), "0.5"),
        (general(1.2345e-7, 2), "1.2e-07"),
        (exponential(2e-15, 0), "2e-15"),
        (fixed(0.5, 2), "0.50"),
        (fixed(699.6, 0), "700"),
        (grouped(1234567), "1,234,567"),
        (share(0.856), "86%"),
        (share(0.856, 1), "85.6%"),
        (signed_share(-0.03), "-3%"),
        (signed_share(0.0312, 1), "+3.1%"),
        (general_share(0.125, 4), "12.5%"),
        (general_share(1 / 3, 4), "33.33%"),
        (percent(0.02), "2 %"),
        (percent(0.025), "2.5 %"),
        (percent(0), "0 %"),
        (percent(0.02, 1), "2.0 %"),
        (percent(0.856, 0), "86 %"),
        (signed_percent(-0.031, 1), "-3.1 %"),
        (signed_percent(0.0, 1), "+0.0 %"),
        (percent_digits(0.0031, 2), "0.31 %"),
        (percent_digits(1.82, 3), "182 %"),
        (gigahertz(3.5512e9), "3.55 GHz"),
        (gigahertz(2e9), "2 GHz"),
        (gigahertz(2e9, 2), "2.00 GHz"),
        (gigahertz(3.5512e9, 3), "3.551 GHz"),
        (memory_size(512), "512 B"),
        (memory_size(3 << 29), "1.5 GiB"),
        (memory_size(1000 << 20), "1000 MiB"),
        (memory_size((1024 << 30) - 1), "1 TiB"),
        (memory_size(1118 << 30), "1.09 TiB"),
        (memory_size(5000 << 60), "5000 EiB"),
    ],
)
def test_numbers_are_printed_as_readers_know_them(printed, expected):
    assert printed == expected


def test_two_rates_share_a_prefix_where_they_can() -> None:
    assert format_rates(3.1e11, 3.84e11, "FLOP/s") == "310–384 GFLOPS"
    assert format_rates(9.5e11, 1.02e12, "OP/s", 4) == "950.0 GOPS–1.020 TOPS"


@pytest.mark.parametrize(
    ("text", "amount_bytes"),
    [
        ("8GiB", 8 << 30),
        ("8 gib", 8 << 30),
        ("512MiB", 512 << 20),
        ("1.5 GB", 1_500_000_000),
        ("64kB", 64_000),
        ("1TiB", 1 << 40),
        ("100B", 100),
        (" 1000000 ", 1_000_000),
    ],
)
def test_reads_an_amount_of_memory(text, amount_bytes):
    assert parse_bytes(text) == amount_bytes


@pytest.mark.parametrize(
    "text", ["", "8G", "8iB", "GiB", "-8GiB", "8 GiB GiB", "8,5GiB", "１GiB", "0", "0.4B", "9EiB", "1" * 99, "nan"]
)
def test_refuses_what_is_no_amount_of_memory(text):
    with pytest.raises(UsageError, match="is no amount of memory"):
        parse_bytes(text)


@given(st.integers(1, 2**62), st.sampled_from(["", "B", "kB", "KiB", "MB", "MiB", "GB", "GiB", "TiB"]))
def test_an_amount_of_memory_is_exact(number, unit):
    prefix, base = unit[:1].upper().strip("B"), 1024 if "i" in unit else 1000
    amount = number * base ** ["", *"KMGT"].index(prefix)
    if amount < 2**63:
        assert parse_bytes(f"{number}{unit}") == amount


@given(st.text(max_size=100))
def test_any_text_is_an_amount_of_memory_or_a_sentence(text):
    with contextlib.suppress(UsageError):
        assert 1 <= parse_bytes(text) < 2**63
