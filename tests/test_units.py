import contextlib
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.units import (
    PREFIXES,
    exponential,
    fixed,
    format_digits,
    format_rate,
    format_rates,
    general,
    general_share,
    gibibytes,
    gigahertz,
    grouped,
    parse_bytes,
    parse_rate,
    percent,
    percent_digits,
    prefix_index,
    round_digits,
    share,
    signed_percent,
    signed_share,
)

UNITS = st.sampled_from(["FLOP/s", "OP/s"])


@pytest.mark.parametrize(
    ("text", "value_per_s", "unit"),
    [
        ("1590 EFLOPS", 1.59e21, "FLOP/s"),
        ("1,590 EFLOPS", 1.59e21, "FLOP/s"),
        ("1.59e21 FLOP/s", 1.59e21, "FLOP/s"),
        ("1.59E+21 FLOPS", 1.59e21, "FLOP/s"),
        ("0.79 PFLOPS", 7.9e14, "FLOP/s"),
        ("3958 TOPS", 3.958e15, "OP/s"),
        ("3958 TOP/s", 3.958e15, "OP/s"),
        ("790TFLOPS", 7.9e14, "FLOP/s"),
        ("790 TFLOP/s", 7.9e14, "FLOP/s"),
        ("790 TFLOPs/s", 7.9e14, "FLOP/s"),
        ("990 GFlops", 9.9e11, "FLOP/s"),
        ("1590\u3000ＥＦＬＯＰＳ", 1.59e21, "FLOP/s"),
        ("１５９０ EFLOPS", 1.59e21, "FLOP/s"),
        ("790\u00a0TFLOPS", 7.9e14, "FLOP/s"),
        ("  790   TFLOPS ", 7.9e14, "FLOP/s"),
        ("1,234,567.5 KFLOPS", 1.2345675e9, "FLOP/s"),
        ("6.22 exaflops", 6.22e18, "FLOP/s"),
        ("5eflops", 5e18, "FLOP/s"),
        ("16 ZFLOPS", 1.6e22, "FLOP/s"),
        ("12 FLOPS", 12.0, "FLOP/s"),
        ("1590百亿亿次浮点运算/秒", 1.59e21, "FLOP/s"),
        ("1590 百亿亿次/秒", 1.59e21, "FLOP/s"),
        ("1590百亿亿次每秒", 1.59e21, "FLOP/s"),
        ("每秒1590百亿亿次", 1.59e21, "FLOP/s"),
        ("每秒15.9万亿亿次浮点运算", 1.59e21, "FLOP/s"),
        ("1590百億億次/秒", 1.59e21, "FLOP/s"),
        ("3千次整数运算/秒", 3e3, "OP/s"),
        ("159万PFLOPS", 1.59e21, "FLOP/s"),
        ("1.59 million PFLOPS", 1.59e21, "FLOP/s"),
        ("1.59 sextillion floating-point operations a second", 1.59e21, "FLOP/s"),
        ("1590 exaflop per second", 1.59e21, "FLOP/s"),
        ("1590 EFlop/sec", 1.59e21, "FLOP/s"),
        ("算力1590EFLOPS", 1.59e21, "FLOP/s"),
        ("智能算力规模达到1590 EFLOPS", 1.59e21, "FLOP/s"),
        ("“1590 EFLOPS”", 1.59e21, "FLOP/s"),
    ],
)
def test_reads_what_people_write(text, value_per_s, unit):
    rate = parse_rate(text)
    assert (rate.value_per_s, rate.unit) == (value_per_s, unit)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 EiFLOPS", "binary prefix.*write EFLOPS"),
        ("1 kiOPS", "binary prefix.*write KOPS"),
        ("5 mFLOPS", "milli.*did you mean MFLOPS"),
        ("5 pflops", "pico.*did you mean PFLOPS"),
        ("42", "no unit"),
        ("1590EF", "did you mean 1590 EFLOPS"),
        ("1590 EF/s", "did you mean 1590 EFLOPS"),
        ("1590 e", "did you mean 1590 EFLOPS"),
        ("1590 exa", "did you mean 1590 EFLOPS"),
        ("1590 EFLPS", "did you mean 1590 EFLOPS"),
        ("1590 EFLOPS/s", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("1590EFLOPS/秒", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("每秒1590 EFLOPS", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("1.59e21", "did you mean 1.59e21 FLOPS"),
        ("1590百亿亿", "did you mean 1590百亿亿 FLOPS"),
        ("1590百亿亿次", "write 1590百亿亿次/秒"),
        ("690亿亿次半精度浮点运算/秒", "leave out 半精度, and add --dtype"),
        ("1590 EFLOPS (FP16)", "write 1590 EFLOPS, and --dtype fp16"),
        ("超过1590 EFLOPS", "a bound.*write the figure alone, 1590 EFLOPS"),
        ("more than 1590 EFLOPS", "a bound.*write the figure alone, 1590 EFLOPS"),
        ("1590兆次/秒", "several powers of ten"),
        ("6 EF", "ambiguous.*EFLOPS.*EFLOP would be an amount"),
        ("5760P", "ambiguous"),
        ("5 EFLOP", "amount"),
        ("5 TOP", "amount"),
        ("-1 TFLOPS", "negative"),
        ("−1 TFLOPS", "negative"),
        ("0 TFLOPS", "zero"),
        ("0.00 TFLOPS", "zero"),
        ("nan TFLOPS", "not a finite number"),
        ("inf TFLOPS", "not a finite number"),
        ("TFLOPS", "does not begin with a number"),
        ("EiFLOPS", "does not begin with a number"),
        ("1,59 TFLOPS", "'1,59' is not a number.*commas"),
        ("1.590,0 EFLOPS", "is not a number"),
        ("1,5900 EFLOPS", "is not a number"),
        ("1590,000 EFLOPS", "is not a number"),
        ("1..5 EFLOPS", "is not a number"),
        (".5 EFLOPS", "is not a number"),
        ("1 590 EFLOPS", "gap in its number"),
        ("5 XFLOPS", "'X' is not a prefix; known are k, M"),
        ("5 bananas", "unknown unit 'bananas'"),
        ("5 H100e", "unknown unit"),
        ("1590百亿亿次", "百亿亿次浮点运算/秒 is EFLOPS"),
        ("", "empty"),
        (" \u3000 ", "empty"),
        ("1e400 FLOPS", "no machine is that fast"),
        ("1e305 EFLOPS", "no machine is that fast"),
        ("1e9999999 FLOPS", "no machine is that fast"),
        ("1e99999999999999999999 FLOPS", "no machine is that fast"),
        ("1e-400 FLOPS", "no machine is that slow"),
        ("1e-99999999999999999999 FLOPS", "no machine is that slow"),
        ("1" * 64 + " FLOPS", "70 characters"),
    ],
)
def test_refuses_with_the_reason(text, reason):
    with pytest.raises(UsageError, match=reason):
        parse_rate(text)


@given(st.text())
def test_any_text_is_a_rate_or_a_usage_error(text):
    with contextlib.suppress(UsageError):
        assert parse_rate(text).value_per_s > 0


@pytest.mark.parametrize("text", ["1," * 10**6, "1e" * 10**6, "FLOP" * 10**6, " " * 10**6, "9" * 10**6])
def test_absurd_length_is_refused_at_once(text):
    start = time.perf_counter()
    with pytest.raises(UsageError, match="characters"):
        parse_rate(text)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("text", "digits"),
    [("1590 EFLOPS", 3), ("1590.0 EFLOPS", 5), ("725.3 EFLOPS", 4), ("0.0790 PFLOPS", 3), ("1,000 EFLOPS", 1),
     ("1 EFLOPS", 1), ("1.590e21 FLOPS", 4), ("007 GFLOPS", 1)],
)  # fmt: skip
def test_zeros_that_only_place_the_point_are_not_significant(text, digits):
    assert parse_rate(text).digits == digits


def test_keeps_what_was_quoted():
    assert parse_rate(" 1,590\u00a0EFLOPS ").text == "1,590 EFLOPS"


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


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_prints_no_nonsense(value):
    with pytest.raises(UsageError, match="not a rate"):
        format_rate(value, "FLOP/s")


@given(st.floats(1, 9e32), UNITS, st.integers(3, 15))
def test_what_is_printed_reads_back(value_per_s, unit, digits):
    rate = parse_rate(format_rate(value_per_s, unit, digits))
    assert rate.unit == unit
    assert rate.value_per_s == pytest.approx(value_per_s, rel=0.51 * 10 ** (1 - digits))


@given(
    st.integers(1, 9999),
    st.sampled_from(["", "十", "百", "千"]),
    st.sampled_from(["", "万"]),
    st.integers(0, 3),
    st.sampled_from(["{}次/秒", "每秒{}次浮点运算", "{}FLOPS"]),
)
def test_chinese_words_multiply(number, small, ten_thousand, hundred_millions, form):
    power = {"": 0, "十": 1, "百": 2, "千": 3}[small] + 4 * len(ten_thousand) + 8 * hundred_millions
    rate = parse_rate(form.format(f"{number}{small}{ten_thousand}{'亿' * hundred_millions}"))
    assert rate.value_per_s == float(f"{number}e{power}")


@given(st.floats(1, 9e32))
def test_printed_number_lies_between_one_and_a_thousand(value_per_s):
    number = float(format_rate(value_per_s, "FLOP/s").split()[0])
    assert 1 <= number < 1000


@given(st.integers(1, 999), st.integers(0, len(PREFIXES) - 2))
def test_a_prefix_is_a_thousand_of_the_one_before(number, index):
    one, next_one = (parse_rate(f"{number} {PREFIXES[i]}FLOPS").value_per_s for i in (index, index + 1))
    assert next_one == pytest.approx(1000 * one, rel=1e-15)
    assert prefix_index(number * 1e3**index) == index


@given(st.floats(1e-3, 1e30), st.integers(1, 6))
def test_digits_printed_and_rounded_agree(value, digits):
    printed = format_digits(value, digits).replace(",", "")
    assert Decimal(printed) == Decimal(f"{value:.{digits - 1}e}")
    assert float(printed) == round_digits(value, digits)


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
        (gibibytes(3 << 29), "1.5 GiB"),
        (gibibytes(1000 << 20), "0.977 GiB"),
    ],
)
def test_numbers_are_printed_as_readers_know_them(printed, expected):
    assert printed == expected


def test_two_rates_share_a_prefix_where_they_can() -> None:
    assert format_rates(3.1e11, 3.84e11, "FLOP/s") == "310 to 384 GFLOPS"
    assert format_rates(9.5e11, 1.02e12, "OP/s", 4) == "950.0 GOPS to 1.020 TOPS"


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
