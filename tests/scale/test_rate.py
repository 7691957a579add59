import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.scale.ladder import RUNGS
from flopsbench.scale.rate import parse_rate
from flopsbench.units import PREFIXES, format_rate, prefix_index
from flopsbench.words.reason import Reason

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
        ("1590 EFLOPS。", 1.59e21, "FLOP/s"),
        ("“1590 EFLOPS。”", 1.59e21, "FLOP/s"),
        ("1590，EFLOPS", 1.59e21, "FLOP/s"),
        ("约1590 EFLOPS", 1.59e21, "FLOP/s"),
        ("每秒约1590百亿亿次", 1.59e21, "FLOP/s"),
        ("about 1590 EFLOPS", 1.59e21, "FLOP/s"),
        ("每秒百亿亿次", 1e18, "FLOP/s"),
        ("万亿次整数运算/秒", 1e12, "OP/s"),
        ("1590 EFlops（每秒百亿亿次）", 1.59e21, "FLOP/s"),
        ("1590 EFLOPS（即每秒15.9万亿亿次）", 1.59e21, "FLOP/s"),
        ("1590 floating point operations per second", 1590.0, "FLOP/s"),
    ],
)
def test_reads_what_people_write(text, value_per_s, unit):
    rate = parse_rate(text)
    assert (rate.value_per_s, rate.unit) == (value_per_s, unit)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 EiFLOPS", "binary prefix.*write 1 EFLOPS"),
        ("1 kiOPS", "binary prefix.*write 1 KOPS"),
        ("5 mFLOPS", "milli.*did you mean 5 MFLOPS"),
        ("5 pflops", "pico.*did you mean 5 PFLOPS"),
        ("42", "no unit"),
        ("1590EF", "did you mean 1590 EFLOPS"),
        ("1590 EF/s", "did you mean 1590 EFLOPS"),
        ("1590 e", "did you mean 1590 EFLOPS"),
        ("1590 exa", "did you mean 1590 EFLOPS"),
        ("1590 EFLPS", "did you mean 1590 EFLOPS"),
        ("1590 EFLOPS/s", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("1590EFLOPS/秒", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("每秒1590 EFLOPS", "EFLOPS is a rate already: write 1590 EFLOPS"),
        ("1590 exaflops per second", "exaflops is a rate already: write 1590 exaflops"),
        ("1590 EFlops/s", "EFlops is a rate already: write 1590 EFlops"),
        ("1590 EF FP16", "write 1590 EFLOPS, and --dtype fp16"),
        ("1590 exa bf16", "write 1590 EFLOPS, and --dtype bf16"),
        ("1590 EFLOPS（每秒千万亿次）", "two rates: 1590 EFLOPS is not 每秒千万亿次"),
        ("百亿亿", "does not begin with a number"),
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
        ("1590百亿亿次", "百亿亿次浮点运算/秒 is 1 EFLOPS"),
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
    with pytest.raises(UsageError, match=reason) as refused:
        parse_rate(text)
    (sentence,) = refused.value.args
    assert isinstance(sentence, Reason)
    assert sentence.text("zh") != sentence


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


@given(st.integers(1, 999), st.integers(0, len(PREFIXES) - 2))
def test_a_prefix_is_a_thousand_of_the_one_before(number, index):
    one, next_one = (parse_rate(f"{number} {PREFIXES[i]}FLOPS").value_per_s for i in (index, index + 1))
    assert next_one == pytest.approx(1000 * one, rel=1e-15)
    assert prefix_index(number * 1e3**index) == index


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.prefix)
def test_a_rung_is_read_by_its_unit_and_by_its_name_alike(rung):
    assert parse_rate(f"3{rung.name_zh.removeprefix('一')}/秒").value_per_s == float(f"3e{rung.power_of_ten}")
    assert parse_rate(f"3 {rung.unit('FLOP/s')}").value_per_s == float(f"3e{rung.power_of_ten}")


@given(
    st.sampled_from(["EF", "EFLOPS", "exa", "EFlops", "exaflops", "TOPS"]),
    st.sampled_from([" FP16", " (bf16)", "/s", " per second", ""]),
)
def test_what_is_advised_is_read(unit, more):
    try:
        parse_rate(f"1590 {unit}{more}")
    except UsageError as refused:
        advised = re.search(r"(?:write|did you mean) (1590 \w+)", str(refused))
        assert advised is None or parse_rate(advised[1]).value_per_s >= 1.59e15
