"""Defines the Reason: a sentence that keeps its code and values, by which it is said in either language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flopsbench.errors import FlopsbenchError
from flopsbench.words.catalogue import Value, phrase, placeholders


class Reason(str):
    """A Reason is an English sentence of the catalogue, made from its code and the values that fill it.

    It is a text like any other for whoever only prints it. A document holds its code and values beside the sentence.
    A value may be a Reason itself, or an error that carries one: it is then said in the language of the whole.
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, code: str, /, **values: object) -> Reason:
        """Make the sentence; raise KeyError for an unknown code, and for other values than its sentence names."""
        if values.keys() != placeholders(code):
            raise KeyError(f"{code} is filled by {sorted(placeholders(code))}, not by {sorted(values)}")
        filling = {name: _value(each) for name, each in values.items()}
        reason = super().__new__(cls, phrase("en", code, **filling))
        reason.code, reason.values = code, filling
        return reason

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Value]]:
        """Return what it is made of, for copies and for other processes."""
        return (self.code,), dict(self.values)

    def text(self, lang: str) -> str:
        """Return the sentence in a language."""
        values = {name: each.text(lang) if isinstance(each, Reason) else each for name, each in self.values.items()}
        return phrase(lang, self.code, **values)

    def changed(self, change: Callable[[str], str]) -> Reason:
        """Return the same sentence with each text among its values changed."""
        values = {name: change(value) if isinstance(value, str) else value for name, value in self.values.items()}
        return Reason(self.code, **values)


def plain(value: object) -> str:
    """Return a Reason as JSON holds it, a text like any other: what msgspec calls for a type that it does not know."""
    if isinstance(value, Reason):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is nothing that JSON holds")


def _value(given: object) -> Value:
    """Return what fills a sentence: texts and whole numbers as they are, of an error its sentence, else the text."""
    if isinstance(given, FlopsbenchError):
        return given.reason
    return given if isinstance(given, str | int | tuple) else str(given)


def joined(sentences: Iterable[str], code: str = "sentences_joined") -> str:
    """Return several sentences as one, which says each of them in its language; "" for none.

    ``code`` is that of a text which puts ``first`` before ``rest``.
    """
    first, *others = [*sentences, ""]
    return Reason(code, first=first, rest=joined(others[:-1], code)) if others[:-1] else first
