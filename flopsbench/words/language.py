"""Decides in which language people are spoken to, and says a text in it."""

from __future__ import annotations

from collections.abc import Mapping

from flopsbench.errors import FlopsbenchError
from flopsbench.words.known import known_sentence
from flopsbench.words.reason import Reason

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # as gettext asks them: the first that is set decides


def locale_language(environ: Mapping[str, str]) -> str:
    """Return the language of a locale, as its variables name it: "zh" for every kind of Chinese, else "en"."""
    name = next(filter(None, map(environ.get, LOCALE_VARIABLES)), "")
    return "zh" if name.lower().startswith("zh") else "en"


def said(sentence: object, lang: str) -> str:
    """Return a sentence, or that of an error, in a language: a Reason by its code, any other by its English.

    What the catalogue does not know stays as it is.
    """
    told = sentence.reason if isinstance(sentence, FlopsbenchError) else sentence
    if isinstance(told, Reason):
        return told.text(lang)
    return known_sentence(str(told), lang)
