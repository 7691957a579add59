"""Reads rates as people write them: "1590 EFLOPS", "1,590 EFLOP/s", "每秒1590百亿亿次" are 1.59e21 FLOP/s.

A rate has a unit, ``FLOP/s`` or ``OP/s`` (integers), and a decimal prefix or words in its place. A text that could mean
two things (an amount of work, a binary prefix, a milli) is refused with what to write instead, never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches

from flopsbench.errors import UsageError
from flopsbench.text import printable
from flopsbench.units import LONGEST_TEXT, PREFIXES
from flopsbench.words.reason import Reason

_NAMES = ("", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta", "ronna", "quetta")
_SMALL = {"m": "milli", "p": "pico", "z": "zepto", "y": "yocto", "r": "ronto", "q": "quecto"}
_QUOTES = "“”\"'‘’「」『』《》"
_STOPS = "。.,;!"  # what a sentence ends with, its signs narrowed
_LABEL = re.compile(r"(?:智能|总|总体)?(?:算力|智算)(?:总?规模)?[:为达]?到?\s*")  # "算力1590 EFLOPS"
_ABOUT = re.compile(r"(?:大?约为?|about|approximately|roughly|[~≈])\s*", re.IGNORECASE)
_BOUND = re.compile(r"超过?|近|至少|more than|over|at least|[>≥]", re.IGNORECASE)
_EACH_SECOND = re.compile(r"每秒钟?\s*")
_LEADING_NUMBER = re.compile(r"[\d.,]+(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER = re.compile(r"((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)([eE][+-]?\d+)?", re.ASCII)
# A factor in words: 百亿亿 is 10^2 x 10^8 x 10^8. Not 兆 and 京, of which people mean different powers.
_FACTORS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
_ILLIONS = ("thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion")
_WORDS = re.compile(rf"{'|'.join(_ILLIONS)}|[十百千]?[万萬]?[亿億]*", re.IGNORECASE)
# A last s makes the rate, whether small or capital, as people write TFLOPs too; before "/s" that of FLOPs is a plural.
_UNIT = re.compile(
    r"(?P<prefix>[a-z]*?)(?P<kind>FLOP|OP|floating-?pointoperation)(?P<s>s)?"
    r"(?P<per>(?:/|per|a)s(?:ec(?:ond)?)?|/秒|每秒)?",
    re.IGNORECASE | re.ASCII,
)
_TIMES = re.compile(r"次(?P<width>[半单双]精度)?(?P<kind>浮点|整数)?(?:运算|计算)?(?P<per>/秒|/s|每秒)?")
_PRECISION = re.compile(r"(.+?)\(?((?:fp|bf|tf|int)\d+)\)?", re.IGNORECASE)
_IN_WORDS = re.compile(r"(.+?)\((?:即|=)?(.*次.*)\)")  # "1590 EFLOPS (每秒百亿亿次)"
_SHORT = re.compile(r"[kMGTPEZYRQ]F?(?:/s)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedRate:
    """A ParsedRate is a rate in FLOP/s or OP/s, with the text as quoted and the number of its significant digits.

    ``power_of_ten`` is that of the unit as written: 18 for "1590 E FLOPS", 15 for "159万PFLOPS".
    """

    value_per_s: float
    unit: str
    text: str
    digits: int
    power_of_ten: int


def parse_rate(text: str) -> ParsedRate:
    """Return the rate that a text says; raise UsageError with the reason, and what to write, for any other text."""
    if len(text) > LONGEST_TEXT:
        raise UsageError(Reason("rate_too_long", characters=len(text)))
    quoted = " ".join(unicodedata.normalize("NFKC", text).strip(_QUOTES + " ").rstrip(_QUOTES + _STOPS + " ").split())
    if both := _IN_WORDS.fullmatch(quoted):
        return _agreed(both[1], both[2], quoted)
    bare, is_each_second = _bare(quoted)
    number, unit_text = _split(bare, quoted)
    mantissa, exponent = _parse_number(number, quoted)
    power_of_ten, unit, of_unit = _parse_unit(number, unit_text, is_each_second, quoted)
    value_per_s = float(mantissa.scaleb(exponent + power_of_ten)) if abs(exponent) < 1000 else math.inf
    if not 0 < value_per_s < math.inf:
        raise UsageError(_refused("rate_too_large" if exponent > 0 else "rate_too_small", quoted))
    digits = len(mantissa.as_tuple().digits) - _trailing_zeros(mantissa)
    return ParsedRate(value_per_s, unit, quoted, digits, of_unit)


def _agreed(figure: str, words: str, quoted: str) -> ParsedRate:
    """Return a rate whose unit, or which itself, stands in words behind it; raise UsageError where they differ."""
    rate, told = parse_rate(figure), parse_rate(words)
    number = _LEADING_NUMBER.search(rate.text)
    one = parse_rate(f"1{rate.text[number.end() :]}") if number else rate
    if told.unit != rate.unit or not any(math.isclose(told.value_per_s, each.value_per_s) for each in (one, rate)):
        raise UsageError(_refused("rate_differs", quoted, figure=rate.text, words=words))
    return replace(rate, text=quoted)


def _refused(code: str, quoted: str, **values: str) -> Reason:
    """Return the reason why a text is refused, whose sentence begins with that text."""
    return Reason(code, text=printable(quoted), **{name: printable(value) for name, value in values.items()})


def _bare(quoted: str) -> tuple[str, bool]:
    """Return a quoted rate without the words before its number, and whether these say that it is one of each second."""
    bare = quoted[match.end() :] if (match := _LABEL.match(quoted)) else quoted
    each_second = _EACH_SECOND.match(bare)
    bare = bare[each_second.end() :] if each_second else bare
    bare = bare[about.end() :] if (about := _ABOUT.match(bare)) else bare
    if bound := _BOUND.match(bare):
        raise UsageError(_refused("rate_bound", quoted, alone=bare[bound.end() :].strip()))
    return bare, each_second is not None


def _split(bare: str, quoted: str) -> tuple[str, str]:
    """Return the number and the unit of a rate; raise UsageError where it does not begin with a number."""
    if not quoted:
        raise UsageError(Reason("rate_empty"))
    if quoted[0] in "-−":
        raise UsageError(_refused("rate_negative", quoted))
    match = _LEADING_NUMBER.match(bare)
    if match is None and bare[:1] in _FACTORS and "次" in bare:  # 每秒百亿亿次 is one of them
        return "1", "".join(bare.split())
    if match is None:
        infinite = re.match(r"\+?(nan|inf)", quoted, re.IGNORECASE)
        raise UsageError(_refused("rate_not_finite" if infinite else "rate_no_number", quoted))
    unit = "".join(bare[match.end() :].split())
    return match[0].removesuffix(",") if unit else match[0], unit  # "1590，EFLOPS"


def _parse_number(number: str, quoted: str) -> tuple[Decimal, int]:
    """Return mantissa and power of ten, apart, so that an absurdly large exponent is never expanded."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise UsageError(_refused("rate_bad_number", quoted, number=number))
    mantissa = Decimal(match[1].replace(",", ""))
    if not mantissa:
        raise UsageError(_refused("rate_zero", quoted))
    return mantissa, int((match[2] or "e0")[1:])


def _parse_unit(number: str, text: str, is_each_second: bool, quoted: str) -> tuple[int, str, int]:
    """Return the power of ten and the unit of what follows a number, and the power of ten of the unit as written.

    The two powers differ where words stand before a unit; before 次 these are part of it. Raise UsageError with the
    reason where there is no unit.
    """
    power, unit_text = _parse_words(text)
    if match := _TIMES.fullmatch(unit_text):
        if not (is_each_second or match["per"]):
            raise UsageError(_refused("rate_times", quoted, meant=f"{quoted}/秒", example="百亿亿次浮点运算/秒"))
        if match["width"]:
            raise UsageError(_refused("rate_width", quoted, width=match["width"]))
        return power, "OP/s" if match["kind"] == "整数" else "FLOP/s", power
    figure = number + text.removesuffix(unit_text)
    match = _UNIT.fullmatch(unit_text)
    if match is None:
        raise UsageError(_why_no_unit(figure, unit_text, quoted))
    per_second = match["per"] or is_each_second
    if per_second and _is_rate(match["kind"], match["s"]):
        unit = unit_text.removesuffix(match["per"] or "")
        raise UsageError(_refused("rate_twice_per_second", quoted, figure=figure, unit=unit))
    if not (match["s"] or per_second):
        raise UsageError(_refused("rate_amount", quoted, unit=unit_text))
    kind = "OP" if match["kind"].upper() == "OP" else "FLOP"
    of_prefix = 3 * _parse_prefix(match["prefix"], f"{figure} ", f"{kind}S", quoted)
    return power + of_prefix, f"{kind}/s", of_prefix


def _is_rate(kind: str, s: str | None) -> bool:
    """Return whether a unit says per second by its s: FLOPS and flops do, the plural of FLOPs or of operations not."""
    return s is not None and kind.upper() in ("FLOP", "OP") and kind[-1].isupper() == s.isupper()


def _parse_words(text: str) -> tuple[int, str]:
    """Return the power of ten of the words before a unit, "百亿亿" or "million", and what follows them."""
    match = _WORDS.match(text)
    words = match[0] if match else ""
    if words.lower() in _ILLIONS:
        return 3 * (1 + _ILLIONS.index(words.lower())), text[len(words) :]
    return sum(_FACTORS[sign] for sign in words), text[len(words) :]


def _parse_prefix(prefix: str, figure: str, base: str, quoted: str) -> int:
    """Return the index of a prefix in PREFIXES; raise UsageError for one that is unknown or means something else."""
    if prefix in PREFIXES:
        return PREFIXES.index(prefix)
    if prefix.lower() in _NAMES:
        return _NAMES.index(prefix.lower())
    if prefix in _SMALL:
        meant = f"{figure}{prefix.upper()}{base}"
        raise UsageError(_refused("rate_small_prefix", quoted, prefix=prefix, name=_SMALL[prefix], meant=meant))
    if re.fullmatch(r"[KMGTPEZYRQ]i", prefix, re.IGNORECASE):
        meant = f"{figure}{prefix[0].upper()}{base}"
        raise UsageError(_refused("rate_binary_prefix", quoted, prefix=prefix, meant=meant))
    for other_case in (prefix.upper(), prefix.lower()):  # g, t, e and K mean nothing else
        if other_case in PREFIXES:
            return PREFIXES.index(other_case)
    raise UsageError(_refused("rate_no_prefix", quoted, prefix=prefix, known=", ".join(PREFIXES[1:])))


def _why_no_unit(figure: str, unit_text: str, quoted: str) -> Reason:
    """Return why a text is not the unit of a rate, and what to write instead."""
    if not unit_text:
        return _refused("rate_no_unit", quoted, figure=figure)
    if _is_short(unit_text):
        return _refused("rate_short_unit", quoted, figure=figure, amount=_amount(unit_text))
    if unit_text[0] in "兆京":
        return _refused("rate_several_powers", quoted, word=unit_text[0], trillions="万亿", larger="亿亿")
    if unit_text[0].isdigit():
        return _refused("rate_gap", quoted)
    if match := _PRECISION.fullmatch(unit_text):
        unit = f"{_amount(match[1])}S" if _is_short(match[1]) else match[1]
        return _refused("rate_precision", quoted, figure=figure, unit=unit, dtype=match[2].lower())
    near = get_close_matches(unit_text.upper(), [f"{prefix.upper()}FLOPS" for prefix in PREFIXES], n=1, cutoff=0.8)
    if near:
        return _refused("rate_near_unit", quoted, unit=unit_text, meant=f"{figure} {near[0]}")
    return _refused("rate_unknown_unit", quoted, unit=unit_text)


def _is_short(unit_text: str) -> bool:
    """Return whether a unit is a prefix alone, or EF for EFLOPS."""
    return bool(_SHORT.fullmatch(unit_text)) or unit_text.lower() in _NAMES


def _amount(unit_text: str) -> str:
    """Return the amount of work that the prefix of a short unit makes: EFLOP for EF."""
    return f"{unit_text[0].upper()}FLOP"


def _trailing_zeros(mantissa: Decimal) -> int:
    """Return how many zeros only place the decimal point: 1590 has three significant digits, 1590.0 has five."""
    if mantissa.as_tuple().exponent != 0:
        return 0
    digits = str(mantissa)
    return len(digits) - len(digits.rstrip("0"))
