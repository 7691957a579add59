"""Gives the words of the site's pages in English and Chinese, from ``pages.json``.

This module translates the site's own texts; ``sentences`` translates those that documents hold, and
``catalogue`` those of the scale. Both languages stand on every page, each marked with its language, and the stylesheet
shows one of them. Names and figures are not translated.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec
from markupsafe import Markup, escape

DATA = Path(__file__).with_name("pages.json")
_GROUPS = msgspec.json.decode(DATA.read_bytes(), type=dict[str, dict[str, tuple[str, str]]])
WORDS = {key: texts for group in _GROUPS.values() for key, texts in group.items()}


def both(english: str | Markup, chinese: str | Markup) -> Markup:
    """Return a text in both languages, of which the stylesheet shows one; plain text is escaped."""
    english, chinese = escape(english), escape(chinese)
    return english if english == chinese else _pair(english, chinese)


def _pair(english: str, chinese: str) -> Markup:
    """Return two texts that are HTML, each marked with its language."""
    return Markup(f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>')


# Characters that change the direction of all text that follows them.
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))

TEXTS = {key: both(*words) for key, words in WORDS.items()}
_PATTERNS = {key: (escape(english), escape(chinese)) for key, (english, chinese) in WORDS.items()}


@lru_cache(maxsize=4096)  # pages that are rendered one after the other share many texts
def say(key: str, **values: object) -> Markup:
    """Return the text ``key`` in both languages with its values filled in; raise KeyError for an unknown key.

    Values are escaped unless they are Markup.
    """
    english, chinese = _PATTERNS[key]
    filled = {name: escape(value).translate(_TURNS) for name, value in values.items()}
    return _pair(str.format(english, **filled), str.format(chinese, **filled))
