"""Makes HTML of the catalogue's texts: both languages stand on every page, and the stylesheet shows one of them.

Each is marked with its language. Names and figures are not translated.
"""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup, escape

from flopsbench.words.catalogue import LANGUAGES, PAGES, SENTENCES, placeholders
from flopsbench.words.reason import Reason


def both(english: str | Markup, chinese: str | Markup) -> Markup:
    """Return a text in both languages, of which the stylesheet shows one; plain text is escaped."""
    english, chinese = escape(english), escape(chinese)
    return english if english == chinese else _pair(english, chinese)


def _pair(english: str, chinese: str) -> Markup:
    """Return two texts that are HTML, each marked with its language."""
    return Markup(f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>')


# Characters that change the direction of all text that follows them.
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))

TEXTS = {key: both(*texts) for key, texts in PAGES.items()}
_PATTERNS = {key: (escape(english), escape(chinese)) for key, (english, chinese) in PAGES.items()}
_WHOLE = {english: both(english, chinese) for key, (english, chinese) in SENTENCES.items() if not placeholders(key)}


@lru_cache(maxsize=4096)  # pages that are rendered one after the other share many texts
def say(key: str, **values: object) -> Markup:
    """Return the text ``key`` in both languages with its values filled in; raise KeyError for an unknown key.

    Values are escaped unless they are Markup.
    """
    english, chinese = _PATTERNS[key]
    filled = {name: escape(value).translate(_TURNS) for name, value in values.items()}
    return _pair(str.format(english, **filled), str.format(chinese, **filled))


def shown(sentence: str) -> Markup:
    """Return a sentence of a document in both languages where the catalogue has it, else quoted, in English alone.

    Documents of before 1.3 hold no codes: of their sentences those are known that nothing is filled into.
    """
    if isinstance(sentence, Reason):
        return both(*(sentence.text(lang) for lang in LANGUAGES))
    known = _WHOLE.get(sentence)
    return known or (Markup('<q lang="en">{}</q>').format(sentence) if sentence else Markup())
