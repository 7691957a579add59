"""Decides in which language a command speaks: as --lang says, else as the locale does."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Annotated

import typer

from flopsbench.cli.completion import languages, one_of

DEFAULT_LANGUAGE = ""  # the locale's

_LANG = re.compile(r"--lang(=|$)")

CHOSEN: ContextVar[str] = ContextVar("chosen language", default=DEFAULT_LANGUAGE)


def language() -> str:
    """Return the language of the command that runs; before its options are read, that of the locale."""
    from flopsbench.words.language import locale_language

    return CHOSEN.get() or locale_language(os.environ)


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language that a command line asks for before anything has read it; else that of the locale."""
    from flopsbench.words.language import locale_language

    pairs = zip(arguments, [*arguments, ""][1:], strict=True)
    named = [after if word == "--lang" else word.partition("=")[2] for word, after in pairs if _LANG.match(word)]
    return named[-1] if named else locale_language(os.environ)


def choose_language(context: typer.Context, text: str) -> str:
    """Return the language of a command line and remember it for what is told on standard error.

    Raise UsageError for one that is unknown.
    """
    from flopsbench.words.catalogue import parse_language
    from flopsbench.words.language import locale_language

    source = context.get_parameter_source("lang")
    is_given = source is not None and source.name != "DEFAULT"
    chosen = parse_language(text) if is_given else locale_language(os.environ)
    CHOSEN.set(chosen)
    return chosen


LanguageOption = Annotated[
    str,
    typer.Option(
        "--lang",
        metavar="en|zh",
        autocompletion=one_of(languages),
        callback=choose_language,
        is_eager=True,
        show_default=False,
        help="The language of what is printed for people; by default that of LC_ALL, LC_MESSAGES or LANG.",
    ),
]
