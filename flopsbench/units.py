"""Turns rates and other numbers into text, and texts into rates: "1590 EFLOPS" to 1.59e21 FLOP/s and back.

A rate has a unit, ``FLOP/s`` (printed FLOPS), ``OP/s`` (integers, printed OPS) or ``B/s``, and a decimal prefix. A text
that could mean two things (an amount of work, a binary prefix, a milli) is refused with the reason, never guessed.

This module alone turns a number into text, so that one figure looks the same everywhere.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from flopsbench.errors import UsageError

PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")  # each a thousand times the one before
LONGEST_TEXT = 64

_NAMES = ("", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta", "ronna", "quetta")
_SMALL = {"m": "milli", "p": "pico", "z": "zepto", "y": "yocto", "r": "ronto", "q": "quecto"}
_LEADING_NUMBER = re.compile(r"[\d.,]+(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER = re.compile(r"((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)([eE][+-]?\d+)?", re.ASCII)
_QUOTES = "“”\"'‘’「」『』《》"
_LABEL = re.compile(r"(?:智能|总|总体)?(?:算力|智算)(?:总?规模)?[:为达]?到?\s*")  # "算力1590 EFLOPS"
_BOUND = re.compile(r"超过?|[约近]|至少|more than|over|about|at least|[>≥~≈]", re.IGNORECASE)
_EACH_SECOND = re.compile(r"每秒钟?\s*")
# A factor in words: 百亿亿 is 10^2 x 10^8 x 10^8. Not 兆 and 京, of which people mean different powers.
_FACTORS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
_ILLIONS = ("thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion")
_WORDS = re.compile(rf"{'|'.join(_ILLIONS)}|[十百千]?[万萬]?[亿億]*", re.IGNORECASE)
_BYTES = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?:(?P<prefix>[kmgtpe])(?P<binary>i)?b|b)?", re.I | re.ASCII)
# A last s makes the rate, whether small or capital, as people write TFLOPs too; before "/s" a small one is a plural.
_UNIT = re.compile(
    r"(?P<prefix>[a-z]*?)(?P<kind>FLOP|OP|floating-?pointoperation)(?P<s>s)?"
    r"(?P<per>(?:/|per|a)s(?:ec(?:ond)?)?|/秒|每秒)?",
    re.IGNORECASE | re.ASCII,
)
_TIMES = re.compile(r"次(?P<width>[半单双]精度)?(?P<kind>浮点|整数)?(?:运算|计算)?(?P<per>/秒|/s|每秒)?")
_PRECISION = re.compile(r"(.*?)\(?((?:fp|bf|tf|int)\d+)\)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedRate:
    """A ParsedRate is a rate in FLOP/s or OP/s, with the text as quoted and the number of its significant digits."""

    value_per_s: float
    unit: str
    text: str
    digits: int


def parse_rate(text: str) -> ParsedRate:
    """Parse a rate like "0.79 PFLOPS", "1,590 EFLOPS" or "3958 TOPS"; raise UsageError with the reason otherwise."""
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"a rate is a number and a unit, not {len(text)} characters of text: for example 790 TFLOPS")
    quoted = " ".join(unicodedata.normalize("NFKC", text).strip(_QUOTES + " ").split())
    bare, is_each_second = _bare(quoted)
    number, unit_text = _split(bare, quoted)
    mantissa, exponent = _parse_number(number, quoted)
    power_of_ten, unit = _parse_unit(number, unit_text, is_each_second, quoted)
    value_per_s = float(mantissa.scaleb(exponent + power_of_ten)) if abs(exponent) < 1000 else math.inf
    if not 0 < value_per_s < math.inf:
        raise UsageError(f"{quoted!r} is beyond what can be computed with: no machine is that {_extreme(exponent)}")
    return ParsedRate(value_per_s, unit, quoted, len(mantissa.as_tuple().digits) - _trailing_zeros(mantissa))


def format_rate(value_per_s: float, unit: str, digits: int = 3) -> str:
    """Return the rate with the prefix that fits, to ``digits`` significant digits: 7.9e14 FLOP/s is "790 TFLOPS".

    Raise UsageError for a number that is no rate: negative, infinite or not a number.
    """
    if not 0 <= value_per_s < math.inf:
        raise UsageError(f"{value_per_s} is not a rate")
    index = prefix_index(value_per_s, digits)
    return f"{format_digits(value_per_s / 10.0 ** (3 * index), digits)} {printed_unit(PREFIXES[index], unit)}"


def format_rates(low_per_s: float, high_per_s: float, unit: str, digits: int = 3) -> str:
    """Return two rates, "310 to 384 GFLOPS"; each has its own prefix only where they differ."""
    low, high = (format_rate(value, unit, digits) for value in (low_per_s, high_per_s))
    return f"{low.split()[0] if low.split()[1] == high.split()[1] else low} to {high}"


def printed_unit(prefix: str, unit: str) -> str:
    """Return a rate's unit as it is printed, with a prefix: "TFLOPS" for FLOP/s, "TOPS" for OP/s, "TB/s" for B/s."""
    return prefix + {"FLOP/s": "FLOPS", "OP/s": "OPS", "B/s": "B/s"}[unit]


def prefix_index(value_per_s: float, digits: int = 3) -> int:
    """Return the index in PREFIXES of the prefix a rate is printed with, once rounded: 999.96e9 is 1.00 of the next."""
    if value_per_s < 1:
        return 0
    power_of_ten = int(f"{value_per_s:.{digits - 1}e}".partition("e")[2])
    return min(power_of_ten // 3, len(PREFIXES) - 1)


def round_digits(value: float, digits: int) -> float:
    """Return ``value`` rounded to ``digits`` significant digits."""
    return float(f"{value:.{digits - 1}e}")


def format_digits(value: float, digits: int) -> str:
    """Return ``value`` to ``digits`` significant digits, without exponent, thousands separated by commas."""
    rounded = f"{value:.{digits - 1}e}"
    power_of_ten = int(rounded.partition("e")[2])
    if power_of_ten < digits:  # all that is rounded away stands behind the point
        return f"{value:,.{digits - 1 - power_of_ten}f}"
    return f"{Decimal(rounded):,.0f}"


def general(value: float, digits: int = 6) -> str:
    """Return ``value`` to at most ``digits`` significant digits, with an exponent if that is shorter: "3", "1e-07"."""
    return f"{value:.{digits}g}"


def exponential(value: float, decimals: int) -> str:
    """Return ``value`` with an exponent and ``decimals`` digits behind the point: "2e-15"."""
    return f"{value:.{decimals}e}"


def fixed(value: float, decimals: int) -> str:
    """Return ``value`` with ``decimals`` digits behind the point and no exponent: "0.50", "700"."""
    return f"{value:.{decimals}f}"


def grouped(value: int) -> str:
    """Return a whole number with commas between groups of three digits: "1,234,567"."""
    return f"{value:,}"


def signed_fixed(value: float, decimals: int) -> str:
    """Return ``value`` with its sign and so many digits behind the point: "+3.1"."""
    return f"{value:+.{decimals}f}"


def share(value: float, decimals: int = 0) -> str:
    """Return a share of one as a percentage: 0.856 is "86%", with one decimal "85.6%"."""
    return f"{value:.{decimals}%}"


def signed_share(value: float, decimals: int = 0) -> str:
    """Return a change as a percentage with its sign: -0.03 is "-3%"."""
    return f"{value:+.{decimals}%}"


def general_share(value: float, digits: int) -> str:
    """Return a share of one as a percentage to at most ``digits`` significant digits: 0.125 is "12.5%"."""
    return f"{general(100 * value, digits)}%"


def percent(value: float, decimals: int | None = None) -> str:
    """Return a share of one in per cent, with a space: 0.02 is "2 %", with one decimal "2.0 %"."""
    return f"{general(100 * value) if decimals is None else fixed(100 * value, decimals)} %"


def signed_percent(value: float, decimals: int) -> str:
    """Return a change in per cent with its sign and a space: -0.031 is "-3.1 %"."""
    return f"{signed_fixed(100 * value, decimals)} %"


def percent_digits(value: float, digits: int) -> str:
    """Return a share of one in per cent to ``digits`` significant digits: 0.0031 is "0.31 %"."""
    return f"{format_digits(100 * value, digits)} %"


def gigahertz(value_hz: float, decimals: int | None = None) -> str:
    """Return a clock in GHz: "3.55 GHz"; to at most three significant digits where no ``decimals`` are asked for."""
    return f"{general(value_hz / 1e9, 3) if decimals is None else fixed(value_hz / 1e9, decimals)} GHz"


def gibibytes(amount_bytes: float, digits: int = 3) -> str:
    """Return an amount of memory in GiB (2**30 bytes), to at most ``digits`` significant digits: "1.5 GiB"."""
    return f"{general(amount_bytes / 2**30, digits)} GiB"


def parse_bytes(text: str) -> int:
    """Return an amount of memory in bytes, of "8GiB", "512 MiB", "1.5 GB" or a number of bytes.

    Raise UsageError for anything else, for less than one byte and for more than any machine can address.
    """
    match = _BYTES.fullmatch(text.strip()) if len(text) <= LONGEST_TEXT else None
    if match is None:
        raise UsageError(f"{text[:LONGEST_TEXT]!r} is no amount of memory: write, for example, 8GiB or 512MB")
    base = 1024 if match["binary"] else 1000
    power = [prefix.upper() for prefix in PREFIXES].index((match["prefix"] or "").upper())
    amount = int(Decimal(match["number"]) * base**power)
    if not 1 <= amount < 2**63:
        raise UsageError(f"{text!r} is no amount of memory that a machine can have")
    return amount


def _bare(quoted: str) -> tuple[str, bool]:
    """Return a quoted rate without the words before its number, and whether these say that it is one of each second."""
    bare = quoted[match.end() :] if (match := _LABEL.match(quoted)) else quoted
    each_second = _EACH_SECOND.match(bare)
    bare = bare[each_second.end() :] if each_second else bare
    if bound := _BOUND.match(bare):
        raise UsageError(f"{quoted!r} is a bound, not a rate: write the figure alone, {bare[bound.end() :].strip()}")
    return bare, each_second is not None


def _split(bare: str, quoted: str) -> tuple[str, str]:
    """Return the number and the unit of a rate; raise UsageError where it does not begin with a number."""
    if not quoted:
        raise UsageError("an empty text is not a rate: write a number and a unit, for example 790 TFLOPS")
    if quoted[0] in "-−":
        raise UsageError(f"{quoted!r} is negative: a rate is more than nothing")
    match = _LEADING_NUMBER.match(bare)
    if match is None:
        reason = "is not a finite number" if re.match(r"\+?(nan|inf)", quoted, re.I) else "does not begin with a number"
        raise UsageError(f"{quoted!r} {reason}: write, for example, 790 TFLOPS")
    return match[0], "".join(bare[match.end() :].split())


def _parse_number(number: str, quoted: str) -> tuple[Decimal, int]:
    """Return mantissa and power of ten, apart, so that an absurdly large exponent is never expanded."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise UsageError(
            f"{quoted!r}: {number!r} is not a number: write 1590, 1,590 (commas between groups of three) or 1.59e21"
        )
    mantissa = Decimal(match[1].replace(",", ""))
    if not mantissa:
        raise UsageError(f"{quoted!r} is zero: a rate is more than nothing")
    return mantissa, int((match[2] or "e0")[1:])


def _parse_unit(number: str, unit_text: str, is_each_second: bool, quoted: str) -> tuple[int, str]:
    """Return the power of ten and the unit of what follows a number; raise UsageError with the reason."""
    power, after_words = _parse_words(unit_text)
    number, unit_text = number + unit_text.removesuffix(after_words), after_words
    if match := _TIMES.fullmatch(unit_text):
        if not (is_each_second or match["per"]):
            raise UsageError(f"{quoted!r} says not in what time: write {quoted}/秒 (百亿亿次浮点运算/秒 is EFLOPS)")
        if match["width"]:
            raise UsageError(f"{quoted!r} names its precision: leave out {match['width']}, and add --dtype")
        return power, "OP/s" if match["kind"] == "整数" else "FLOP/s"
    match = _UNIT.fullmatch(unit_text)
    if match is None:
        raise UsageError(f"{quoted!r} {_why_no_unit(number, unit_text)}")
    per_second = match["per"] or is_each_second
    if match["s"] == "S" and per_second:
        unit = unit_text.removesuffix(match["per"] or "")
        raise UsageError(f"{quoted!r} says per second twice, as {unit} is a rate already: write {number} {unit}")
    if not (match["s"] or per_second):
        raise UsageError(f"{quoted!r} is an amount of work, not a rate: a rate is {unit_text}/s or {unit_text}S")
    kind = "OP" if match["kind"].upper() == "OP" else "FLOP"
    return power + 3 * _parse_prefix(match["prefix"], f"{kind}S", quoted), f"{kind}/s"


def _parse_words(unit_text: str) -> tuple[int, str]:
    """Return the power of ten of the words before a unit, "百亿亿" or "million", and what follows them."""
    match = _WORDS.match(unit_text)
    words = match[0] if match else ""
    if words.lower() in _ILLIONS:
        return 3 * (1 + _ILLIONS.index(words.lower())), unit_text[len(words) :]
    return sum(_FACTORS[sign] for sign in words), unit_text[len(words) :]


def _parse_prefix(prefix: str, base: str, quoted: str) -> int:
    """Return the index of a prefix in PREFIXES; raise UsageError for one that is unknown or means something else."""
    if prefix in PREFIXES:
        return PREFIXES.index(prefix)
    if prefix.lower() in _NAMES:
        return _NAMES.index(prefix.lower())
    if prefix in _SMALL:
        raise UsageError(
            f"{quoted!r}: {prefix!r} is {_SMALL[prefix]}, a small part; did you mean {prefix.upper()}{base}?"
        )
    if re.fullmatch(r"[KMGTPEZYRQ]i", prefix, re.IGNORECASE):
        raise UsageError(
            f"{quoted!r}: {prefix!r} is a binary prefix; rates are decimal: write {prefix[0].upper()}{base}"
        )
    for other_case in (prefix.upper(), prefix.lower()):  # g, t, e and K mean nothing else
        if other_case in PREFIXES:
            return PREFIXES.index(other_case)
    raise UsageError(f"{quoted!r}: {prefix!r} is not a prefix; known are {', '.join(PREFIXES[1:])}")


def _why_no_unit(number: str, unit_text: str) -> str:
    """Return why a text is not the unit of a rate, and what to write instead."""
    if not unit_text:
        return f"has no unit: did you mean {number} FLOPS? Its prefix belongs to it, as in 790 TFLOPS"
    if re.fullmatch(r"[kMGTPEZYRQ]F?(?:/s)?", unit_text, re.IGNORECASE) or unit_text.lower() in _NAMES:
        whole = f"{unit_text[0].upper()}FLOP"
        return f"is ambiguous: did you mean {number} {whole}S? ({whole} would be an amount)"
    if unit_text[0] in "兆京":
        return f"is ambiguous: {unit_text[0]} is of several powers of ten; write 万亿 for 10^12, 亿亿 for 10^16"
    if unit_text[0].isdigit():
        return "has a gap in its number: separate thousands by commas or by nothing"
    if (match := _PRECISION.fullmatch(unit_text)) and match[1]:
        return f"names its precision: write {number} {match[1]}, and --dtype {match[2].lower()} beside it"
    near = get_close_matches(unit_text.upper(), [f"{prefix.upper()}FLOPS" for prefix in PREFIXES], n=1, cutoff=0.8)
    hint = f": did you mean {number} {near[0]}?" if near else ""
    return f"has the unknown unit {unit_text!r}{hint or ': a rate is in FLOPS (FLOP/s) or OPS (OP/s)'}"


def _extreme(exponent: int) -> str:
    """Return what a rate beyond all numbers is, for the sentence that refuses it."""
    return "fast" if exponent > 0 else "slow"


def _trailing_zeros(mantissa: Decimal) -> int:
    """Return how many zeros only place the decimal point: 1590 has three significant digits, 1590.0 has five."""
    if mantissa.as_tuple().exponent != 0:
        return 0
    digits = str(mantissa)
    return len(digits) - len(digits.rstrip("0"))
