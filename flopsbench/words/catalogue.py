"""Gives every text that users read in English and Chinese: a key and values go in, a plain sentence comes out.

The texts stand in the files of JSON beside this module, in groups: ``scale`` those of the scale, ``pages`` the site's
own, ``sentences`` those that documents hold and pages show, ``errors`` what ends a command, ``findings`` the other
sentences of the validator, ``screens`` what commands print. ``reason`` keeps a sentence together with its key and
values, ``language`` says it in one language, ``pages`` makes HTML of it, in both languages at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from flopsbench.errors import UsageError
from flopsbench.units import format_digits, round_digits

LANGUAGES = ("en", "zh")

Texts = Mapping[str, tuple[str, str]]  # English and Chinese, by key
Value = str | int | tuple[str, str]  # one that differs by language is (English, Chinese)


def _texts(name: str) -> Texts:
    """Return the texts of one file by their keys."""
    groups = json.loads(
        Path(__file__).with_name(f"{name}.json").read_bytes()
    )  # the command line starts without msgspec
    return {key: (english, chinese) for group in groups.values() for key, (english, chinese) in group.items()}


SENTENCES = _texts("sentences")
PAGES = _texts("pages")
WORDS = {**_texts("scale"), **PAGES, **SENTENCES, **_texts("errors"), **_texts("findings"), **_texts("screens")}

_STEPS = (
    (
        (1e21, " sextillion"),
        (1e18, " quintillion"),
        (1e15, " quadrillion"),
        (1e12, " trillion"),
        (1e9, " billion"),
        (1e6, " million"),
    ),
    ((1e20, "万亿亿"), (1e16, "亿亿"), (1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
)
SECONDS_PER_YEAR = 31_557_600.0  # 365.25 days
_DURATIONS = ((SECONDS_PER_YEAR, "year"), (86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def parse_language(text: str) -> str:
    """Return the language of that code; raise UsageError naming the known ones."""
    if text not in LANGUAGES:
        raise UsageError(phrase("en", "language_unknown", name=repr(text), known=", ".join(LANGUAGES)))
    return text


def phrase(lang: str, key: str, /, **values: Value) -> str:
    """Return the text of that key in a language, filled in; raise KeyError for an unknown key or a missing value."""
    column = LANGUAGES.index(lang)
    here = {name: value[column] if isinstance(value, tuple) else value for name, value in values.items()}
    return WORDS[key][column].format(**here)


@cache
def placeholders(key: str) -> frozenset[str]:
    """Return the names of the values that fill the text of that key; raise KeyError for an unknown one."""
    return frozenset(name for _, name, _, _ in Formatter().parse(WORDS[key][0]) if name)


def count(lang: str, value: float, digits: int) -> str:
    """Return a number as people say it, rounded: 2012658 to 2 digits is "2.0 million", in Chinese 200万.

    English groups digits by commas; Chinese, which counts in 万 and 亿, has at most four of them and groups none.
    """
    rounded = round_digits(value, digits)
    step, word = next((row for row in _STEPS[LANGUAGES.index(lang)] if rounded >= row[0]), (1, ""))
    told = format_digits(rounded / step, digits) + word
    return told.replace(",", "") if lang == "zh" else told


def duration(lang: str, seconds: float, digits: int = 3) -> str:
    """Return a time in the largest unit of which it is at least 1.5: 125000000 seconds are "3.96 years"."""
    length, key = next((row for row in _DURATIONS if seconds >= 1.5 * row[0]), _DURATIONS[-1])
    return phrase(lang, key, count=count(lang, seconds / length, digits))


def precision(lang: str, name: str) -> str:
    """Return a precision as it is printed: "FP16", "FP8 E4M3", or that the source does not state it."""
    if name in ("unstated", "mixed"):
        return phrase(lang, f"precision_{name}_short")
    return name.upper().replace("_", " ")
