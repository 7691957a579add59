"""Every word of the pages, in English and Chinese side by side, from ``pages.json``.

Both stand on every page, each marked with its language; the stylesheet shows one. Nothing else on a page is
translated: names, figures and what a document says are as they are.
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
    """A text in both languages, of which the stylesheet shows one; plain text is escaped."""
    english, chinese = escape(english), escape(chinese)
    return english if english == chinese else _pair(english, chinese)


def _pair(english: str, chinese: str) -> Markup:
    return Markup(f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>')


# Characters that turn the direction of what follows them: of the rest of a sentence.
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))

TEXTS = {key: both(*words) for key, words in WORDS.items()}
_PATTERNS = {key: (escape(english), escape(chinese)) for key, (english, chinese) in WORDS.items()}


@lru_cache(maxsize=4096)  # a page says much that the one before it said
def say(key: str, **values: object) -> Markup:
    """The text ``key`` in both languages, filled in; values are escaped unless they are Markup. KeyError if unknown."""
    english, chinese = _PATTERNS[key]
    filled = {name: escape(value).translate(_TURNS) for name, value in values.items()}
    return _pair(str.format(english, **filled), str.format(chinese, **filled))
