"""Defines the Reason: a sentence that keeps its code and values, by which it is said in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flopsbench.words.catalogue import Value, phrase, placeholders


class Reason(str):
    """A Reason is an English sentence of the catalogue, made from its code and the values that fill it.

    It is a text like any other for whoever only prints it. A document holds its code and values beside the sentence.
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, code: str, /, **values: Value) -> Reason:
        """Make the sentence; raise KeyError for an unknown code, and for other values than its sentence names."""
        if values.keys() != placeholders(code):
            raise KeyError(f"{code} is filled by {sorted(placeholders(code))}, not by {sorted(values)}")
        reason = super().__new__(cls, phrase("en", code, **values))
        reason.code, reason.values = code, values
        return reason

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Value]]:
        """Return what it is made of, for copies and for other processes."""
        return (self.code,), dict(self.values)

    def text(self, lang: str) -> str:
        """Return the sentence in a language."""
        return phrase(lang, self.code, **self.values)

    def changed(self, change: Callable[[str], str]) -> Reason:
        """Return the same sentence with each text among its values changed."""
        values = {name: change(value) if isinstance(value, str) else value for name, value in self.values.items()}
        return Reason(self.code, **values)
