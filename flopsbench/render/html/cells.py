"""Figures as the pages print them: short, with their unit, and the same everywhere."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

from markupsafe import Markup, escape

from flopsbench.registry.entry import Machine
from flopsbench.units import PREFIXES, format_digits, format_rate, prefix_index, printed_unit
from flopsbench.words.pages import WORDS, both

NONE = "–"  # what is unknown; a reader hears nothing, a table keeps its shape
VENDORS = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}  # as CPUs call themselves
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


@lru_cache(maxsize=4096)  # a page prints a rate in its table, beside its chart and in its chain
def rate(value_per_s: float | None, unit: str, digits: int = 3) -> str:
    """A rate with the prefix that fits: "353 GFLOPS"."""
    return NONE if value_per_s is None else format_rate(value_per_s, unit, digits)


def interval(low: float, high: float, unit: str) -> str:
    """Two rates in one unit: "310 – 384 GFLOPS"."""
    index = prefix_index(high)
    step = 10.0 ** (3 * index)
    return f"{format_digits(low / step, 3)} – {format_digits(high / step, 3)} {printed_unit(PREFIXES[index], unit)}"


def share(value: float | None) -> str:
    """A share of a limit: "86%"; two digits below a tenth."""
    if value is None:
        return NONE
    return f"{value:.0%}" if value >= 0.0995 else f"{value:.1%}"


def change(ratio: float) -> str:
    """How much more or less: 0.86 is "−14%"."""
    return f"{ratio - 1:+.0%}".replace("-", "−")


def watts(value: float | None) -> str:
    """A power: "348 W"."""
    return NONE if value is None else f"{format_digits(value, 3)} W"


def per_joule(value: float | None, unit: str) -> str:
    """Work over energy, which is a rate over a power: "1.20 TFLOPS/W"."""
    return NONE if value is None else f"{format_rate(value, unit)}/W"


def clock(value_hz: float | None) -> str:
    """A clock: "3.55 GHz"."""
    return NONE if value_hz is None else f"{value_hz / 1e9:.2f} GHz"


def gibibytes(value: int | None) -> str:
    """An amount of memory, binary as memory is sold: "24 GiB"."""
    return NONE if value is None else f"{value / 2**30:,.0f} GiB"


def seconds(value: float) -> str:
    """A time in the unit that fits: "171 ms"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{format_digits(value / size, 3)} {unit}"
    return f"{value / 1e-9:.3g} ns"


def scientific(value: float | None) -> str:
    """A small number: "1.2×10⁻¹⁴", "0" where it is exactly that."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}×{ten_to(int(exponent))}"


def ten_to(exponent: int) -> str:
    """A power of ten: "10²¹"."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def device(machine: Machine) -> tuple[str, str]:
    """A device's name in English and Chinese, with a CPU's cores: two of a chip's and all of them differ."""
    if not machine.cores:
        return machine.name, machine.name
    english, chinese = _cores(machine)
    return machine.name + english, machine.name + chinese


def named(machine: Machine) -> Markup:
    """The same as HTML, where no letter of a name turns what stands beside it."""
    if not machine.cores:
        return escape(machine.name)
    return Markup("<bdi>{}</bdi>{}").format(machine.name, both(*_cores(machine)))


def _cores(machine: Machine) -> tuple[str, str]:
    """What follows a CPU's name in each language."""
    english, chinese = WORDS["core" if machine.cores == 1 else "cores"]
    return f" {english.format(count=machine.cores)}", chinese.format(count=machine.cores)


@lru_cache  # few boards have all figures
def board(dtype: str, math: str) -> str:
    """What a board ranks: "bf16", "fp8_e4m3, fast accumulation off"; plain IEEE arithmetic goes without saying."""
    return ", ".join([dtype, *(mode for mode in math.split(", ") if mode not in ("ieee", dtype))])


def vendor(machine: Machine) -> str:
    """Who made a device, as people call them."""
    return VENDORS.get(machine.vendor or NONE, machine.vendor or NONE)


def shape(m: int, n: int, k: int) -> str:
    """The edges of a product: "2048³", else "4096×8192×1024"."""
    return f"{m}³" if m == n == k else f"{m}×{n}×{k}"


def short(text: str, width: int) -> str:
    """``text`` for a chart, where nothing wraps: no invisible characters, at most ``width`` columns, "…" at the cut."""
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
