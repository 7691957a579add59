"""Decides in which language people are spoken to, and says a text in it."""

from __future__ import annotations

from collections.abc import Mapping

from flopsbench.errors import FlopsbenchError
from flopsbench.words.catalogue import LANGUAGES
from flopsbench.words.known import known_sentence
from flopsbench.words.reason import Reason

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # as gettext asks them: the first that is set decides


def locale_language(environ: Mapping[str, str]) -> str:
    """Return the language of a locale, as its variables name it: "zh" for every kind of Chinese, else "en"."""
    name = next(filter(None, map(environ.get, LOCALE_VARIABLES)), "")
    return "zh" if name.lower().startswith("zh") else "en"


def said(sentence: object, lang: str) -> str:
    """Return a sentence, or that of an error, in a language: a Reason by its code, any other by its English.

    So are the texts that fill a Reason. What the catalogue does not know stays as it is.
    """
    told = sentence.reason if isinstance(sentence, FlopsbenchError) else sentence
    if lang == LANGUAGES[0] or not isinstance(told, Reason):
        return known_sentence(str(told), lang)
    return told.changed(lambda value: said(value, lang)).text(lang)
