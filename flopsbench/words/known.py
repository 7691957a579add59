"""Finds a sentence of the catalogue by its English.

Rooms below the catalogue, such as ``units``, can only write English, and some texts lose their code on the way: on a
pipe, or in a document of before 1.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from string import Formatter

from flopsbench.words.catalogue import LANGUAGES, PAGES, WORDS, phrase, placeholders

LONGEST_KNOWN = 1000  # characters of a line: a longer one is no sentence of the catalogue
FEWEST_WORDS = 2  # of a sentence that is looked for; shorter ones are found in names, too
MOST_NAMES = 3  # before a sentence, each with a colon behind it: a file, a field, a code

Pieces = tuple[tuple[str, str | None], ...]  # of a sentence: a text, and the name of the value behind it


@lru_cache(maxsize=512)  # rows of a table share their sentences
def known_sentence(english: str, lang: str) -> str:
    """Return a sentence in a language, found by its English, or several in a line each; what is unknown as it is.

    Names before a colon stay before it. The sentence with the most words of its own is taken where several fit.
    """
    if lang == LANGUAGES[0]:
        return english
    return "\n".join(_line(line, lang) for line in english.split("\n"))


def _line(english: str, lang: str) -> str:
    """Return one line in a language that is not English."""
    rest = english.lstrip()
    before = english.removesuffix(rest)
    for _ in range(MOST_NAMES + 1 if len(english) <= LONGEST_KNOWN else 0):
        if (known := _sentence(rest, lang)) is not None:
            return before + known
        name, colon, rest = rest.partition(": ")
        if not colon:
            break
        before += f"{name}："
    return english


def _sentence(english: str, lang: str) -> str | None:
    """Return a sentence in a language, None where the catalogue does not have it."""
    if key := _whole().get(english):
        return phrase(lang, key)
    for key, pieces in _sentences():
        if (values := _filled(pieces, english)) is not None:
            return phrase(lang, key, **{name: known_sentence(value, lang) for name, value in values.items()})
    return None


@cache
def _whole() -> Mapping[str, str]:
    """Return the keys of the sentences that nothing is filled into by their English; single words are names, too."""
    texts = ((key, english) for key, (english, _) in WORDS.items() if key not in PAGES and not placeholders(key))
    return {english: key for key, english in texts if " " in english}


@cache
def _sentences() -> list[tuple[str, Pieces]]:
    """Return key and pieces of each sentence that can be found, those with most words first."""
    found = []
    for key in WORDS.keys() - PAGES.keys():
        pieces = tuple((text, name) for text, name, _, _ in Formatter().parse(WORDS[key][0]))
        words = sum(len(re.findall("[A-Za-z]{2,}", text)) for text, _ in pieces)
        if words >= FEWEST_WORDS:
            found.append((-words, key, pieces))
    return [(key, pieces) for _, key, pieces in sorted(found)]


def _filled(pieces: Pieces, english: str) -> dict[str, str] | None:
    """Return the values that make this sentence of the pieces, each as short as it can be; None where none do."""
    values: dict[str, str] = {}
    rest, waiting = english, ""  # what is not matched yet, and the name of the value that it begins with
    for text, name in pieces:
        is_last = (text, name) == pieces[-1] and name is None
        begins = len(rest) - len(text) if is_last else rest.find(text)
        if begins < 0 or rest[begins : begins + len(text)] != text or (begins and not waiting):
            return None
        if waiting and values.setdefault(waiting, rest[:begins]) != rest[:begins]:
            return None
        rest, waiting = rest[begins + len(text) :], name or ""
    if rest and not waiting:
        return None
    return values | {waiting: rest} if waiting else values
