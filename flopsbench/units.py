"""Turns rates and other numbers into text: 1.59e21 FLOP/s into "1.59 ZFLOPS"; ``scale.rate`` reads rates.

A rate has a unit, ``FLOP/s`` (printed FLOPS), ``OP/s`` (integers, printed OPS) or ``B/s``, and a decimal prefix. Where
the amount of work is not known the unit is ``call/s``, and what is printed is the time of a call.

This module alone turns a number into text, so that one figure looks the same everywhere.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from flopsbench.errors import UsageError

CALLS = "call/s"
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")  # each a thousand times the one before
PARTS_OF_A_SECOND = ("s", "ms", "µs", "ns")  # each a thousandth of the one before
BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")  # each 1024 times the one before
LONGEST_TEXT = 64

_BYTES = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?:(?P<prefix>[kmgtpe])(?P<binary>i)?b|b)?", re.I | re.ASCII)


def format_rate(value_per_s: float, unit: str, digits: int = 3) -> str:
    """Return the rate with the prefix that fits, to ``digits`` significant digits: 7.9e14 FLOP/s is "790 TFLOPS".

    Raise UsageError for a number that is no rate: negative, infinite or not a number.
    """
    if not 0 <= value_per_s < math.inf:
        raise UsageError(f"{value_per_s} is not a rate")
    if unit == CALLS:
        return duration(1 / value_per_s, digits) if value_per_s else "-"
    index = prefix_index(value_per_s, digits)
    number = _decimal_digits(value_per_s, digits).scaleb(-3 * index)
    return f"{_written(number, digits)} {printed_unit(PREFIXES[index], unit)}"


def format_rates(low_per_s: float, high_per_s: float, unit: str, digits: int = 3) -> str:
    """Return two rates, "310–384 GFLOPS"; each has its own prefix only where they differ.

    Of calls they are the times, the shorter one first.
    """
    ends = (high_per_s, low_per_s) if unit == CALLS else (low_per_s, high_per_s)
    low, high = (format_rate(value, unit, digits) for value in ends)
    return f"{low.split()[0] if low.split()[1] == high.split()[1] else low}–{high}"


def duration(seconds: float, digits: int = 3) -> str:
    """Return a time with the part of a second that fits, to ``digits`` significant digits: 0.00123 is "1.23 ms"."""
    value = round_digits(seconds, digits)
    index = _part_index(value)
    return f"{format_digits(value * 1000.0**index, digits)} {PARTS_OF_A_SECOND[index]}"


def duration_beside(seconds: float, longest: float) -> str:
    """Return a time in the part of a second that fits the longest beside it: 0.0005 beside 0.002 is "0.5 ms"."""
    index = _part_index(longest)
    return f"{general(seconds * 1000.0**index)} {PARTS_OF_A_SECOND[index]}"


def _part_index(seconds: float) -> int:
    """Return the index of the part of a second that fits a time."""
    last = len(PARTS_OF_A_SECOND) - 1
    return next((at for at in range(last) if seconds * 1000.0**at >= 1), last)


def printed_unit(prefix: str, unit: str) -> str:
    """Return a rate's unit as it is printed, with a prefix: "TFLOPS" for FLOP/s, "TOPS" for OP/s, "TB/s" for B/s."""
    return prefix + {"FLOP/s": "FLOPS", "OP/s": "OPS", "B/s": "B/s", CALLS: "calls/s"}[unit]


def prefix_index(value_per_s: float, digits: int = 3) -> int:
    """Return the index in PREFIXES of the prefix a rate is printed with, once rounded: 999.96e9 is 1.00 of the next."""
    if value_per_s < 1:
        return 0
    return min(_decimal_digits(value_per_s, digits).adjusted() // 3, len(PREFIXES) - 1)


def round_digits(value: float, digits: int) -> float:
    """Return ``value`` rounded to ``digits`` significant digits."""
    return float(_decimal_digits(value, digits))


def format_digits(value: float, digits: int) -> str:
    """Return ``value`` to ``digits`` significant digits, without exponent, thousands separated by commas."""
    return _written(_decimal_digits(value, digits), digits)


def _decimal_digits(value: float, digits: int) -> Decimal:
    """Return ``value`` as it is written, rounded to ``digits`` significant digits, a five up.

    So a rate has the same digits in any unit: 2185 EFLOPS are 2.19 ZFLOPS and 2.19 sextillion.
    """
    exact = Decimal(str(float(value)))
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), ROUND_HALF_UP) if exact else exact


def _written(rounded: Decimal, digits: int) -> str:
    """Return a number that was rounded to ``digits`` significant digits, with no more than these behind the point."""
    power_of_ten = rounded.adjusted() if rounded else 0
    return f"{rounded:,.{max(digits - 1 - power_of_ten, 0)}f}"


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


def memory_size(amount_bytes: float) -> str:
    """Return an amount of memory with the binary prefix that fits, to three digits or whole: "1.5 GiB", "1.09 TiB"."""
    amount, index = amount_bytes, 0
    while round(amount) >= 1024 and index < len(BINARY_UNITS) - 1:
        amount, index = amount / 1024, index + 1
    return f"{fixed(amount, 0) if amount >= 100 else general(amount, 3)} {BINARY_UNITS[index]}"


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
