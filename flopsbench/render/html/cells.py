"""Prints figures for the pages: short, with their unit, and alike on every page."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

from markupsafe import Markup, escape

from flopsbench import units
from flopsbench.registry.entry import Machine
from flopsbench.result.keys import short_shape
from flopsbench.result.types import METHOD_VERSION
from flopsbench.units import CALLS, PREFIXES, format_digits, format_rate, format_rates, prefix_index, printed_unit
from flopsbench.words.catalogue import WORDS
from flopsbench.words.pages import both, shown
from flopsbench.words.reason import Reason

NONE = "–"  # stands for what is unknown; a screen reader passes over it
VENDORS = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}  # as CPUs call themselves
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


@lru_cache(maxsize=4096)  # a page prints a rate in its table, beside its chart and in its chain
def rate(value_per_s: float | None, unit: str, digits: int = 3) -> str:
    """Return a rate with the prefix that fits: "353 GFLOPS"."""
    return NONE if value_per_s is None else format_rate(value_per_s, unit, digits)


def interval(low: float, high: float, unit: str) -> str:
    """Return two rates in one unit: "310 – 384 GFLOPS"; of calls two times, the shorter first."""
    if unit == CALLS:
        return format_rates(low, high, unit).replace("–", " – ")
    index = prefix_index(high)
    step = 10.0 ** (3 * index)
    return f"{format_digits(low / step, 3)} – {format_digits(high / step, 3)} {printed_unit(PREFIXES[index], unit)}"


def share(value: float | None) -> str:
    """Return a share of a limit: "86%"; below a tenth with two digits, "8.6%"."""
    if value is None:
        return NONE
    return units.share(value) if value >= 0.0995 else units.share(value, 1)


def of_peak(of_datasheet: float | None, at_clock: float | None) -> Markup:
    """Return the share of the datasheet's peak, or, with a star, of the peak at the clock seen."""
    if of_datasheet is None and at_clock is not None:
        return Markup(f"{share(at_clock)}<sup>*</sup>")
    return Markup(share(of_datasheet))


def of_vendor(value: float | None, by_board: bool = False) -> Markup:
    """Return the share of the vendor's rate, with a dagger where that is of a board's row, not of the same Result."""
    return Markup(f"{share(value)}{'<sup>†</sup>' if by_board and value else ''}")


def change(ratio: float) -> str:
    """Return a ratio as a change: 0.86 is "−14%"."""
    return units.signed_share(ratio - 1).replace("-", "−")


def watts(value: float | None) -> str:
    """Return a power: "348 W"."""
    return NONE if value is None else f"{format_digits(value, 3)} W"


def per_joule(value: float | None, unit: str) -> str:
    """Return operations per joule, which are a rate per power: "1.20 TFLOPS/W"."""
    return NONE if value is None else f"{format_rate(value, unit)}/W"


def clock(value_hz: float | None) -> str:
    """Return a clock: "3.55 GHz"."""
    return NONE if value_hz is None else units.gigahertz(value_hz, 2)


def seconds(value: float) -> str:
    """Return a time in the unit that fits: "171 ms"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{format_digits(value / size, 3)} {unit}"
    return f"{units.general(value / 1e-9, 3)} ns"


def scientific(value: float | None) -> str:
    """Return a small number: "1.2×10⁻¹⁴"; "0" where it is exactly zero."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    mantissa, exponent = units.exponential(value, 1).split("e")
    return f"{mantissa}×{ten_to(int(exponent))}"


def ten_to(exponent: int) -> str:
    """Return a power of ten: "10²¹"."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def device(machine: Machine) -> tuple[str, str]:
    """Return a device's name in English and Chinese, with the usable cores of a CPU: they make it another device."""
    if not machine.cores:
        return machine.name, machine.name
    english, chinese = _cores(machine)
    return machine.name + english, machine.name + chinese


def named(machine: Machine) -> Markup:
    """Return a device's name as HTML in both languages; ``bdi`` keeps its letters from turning the text beside it."""
    if not machine.cores:
        return escape(machine.name)
    return Markup("<bdi>{}</bdi>{}").format(machine.name, both(*_cores(machine)))


def _cores(machine: Machine) -> tuple[str, str]:
    """Return what follows a CPU's name in each language: its usable cores."""
    english, chinese = WORDS["core" if machine.cores == 1 else "cores"]
    return f" {english.format(count=machine.cores)}", chinese.format(count=machine.cores)


@lru_cache  # boards are few
def board(dtype: str, math: str) -> str:
    """Return what a board ranks: "bf16", "fp8_e4m3, fast accumulation off"; plain IEEE arithmetic is not mentioned."""
    return ", ".join([dtype, *(mode for mode in math.split(", ") if mode not in ("ieee", dtype))])


def older(method: int) -> Markup:
    """Return the mark on a figure by an older version of the method: " (method 1)"; nothing by the current one."""
    return Markup(" <small>{}</small>").format(both(*older_texts(method))) if method != METHOD_VERSION else Markup()


def older_texts(method: int) -> tuple[str, str]:
    """Return the words that mark an older version of the method, in English and Chinese."""
    english, chinese = WORDS["by_method"]
    return english.format(version=method), chinese.format(version=method)


def remark(reason: Reason | None) -> Markup:
    """Return a sentence in both languages on a line of its own below a figure; nothing without one."""
    return Markup("<br><small>{}</small>").format(shown(reason)) if reason else Markup()


def vendor(machine: Machine) -> str:
    """Return the vendor of a device by its usual name."""
    return VENDORS.get(machine.vendor or NONE, machine.vendor or NONE)


def shape(m: int, n: int, k: int) -> str:
    """Return the edges of a product: "2048³", or "4096×8192×1024"."""
    return short_shape(m, n, k, times="×")


def short(text: str, width: int) -> str:
    """Return a text for a chart, where nothing wraps, without invisible characters.

    A text of more than ``width`` columns is cut, and "…" follows.
    """
    shown: list[str] = []
    taken = 0
    for character in text:
        if category(character) in _INVISIBLE:
            continue
        taken += 2 if east_asian_width(character) in "WF" else 1
        if taken > width:
            return "".join(shown).rstrip() + "…"
        shown.append(character)
    return "".join(shown)
