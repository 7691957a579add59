"""Says in Chinese what the parser of the command line refuses; its English sentences stay as they are."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flopsbench.cli.language import CHOSEN, asked_language
from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

# The parser's sentences: typer has brought them from click, or a copy of it, under the same English since 2014.
_SAID = (
    ("usage_missing_argument", r"Missing argument (?P<name>'.+?')"),
    ("usage_missing_option", r"Missing option (?P<name>'.+?')"),
    ("usage_no_option", r"No such option:? '?(?P<name>[^\s'?]+)"),
    ("usage_no_command", r"No such command '(?P<name>.+?)'"),
    ("usage_needs_value", r"Option '?(?P<name>[^\s']+)'? requires (?:an|\d+) arguments?"),
    ("usage_takes_no_value", r"Option '?(?P<name>[^\s']+)'? does not take a value"),
    ("usage_extra", r"Got unexpected extra arguments?(?:\(s\))? \((?P<name>.+)\)"),
    ("usage_no_number", r"Invalid value for (?P<name>'.+?'): .*(?:number|integer|float)"),
    ("usage_bad_value", r"Invalid value for (?P<name>'.+?')"),
)


@contextmanager
def said_in_chinese() -> Iterator[None]:
    """Raise UsageError for what the parser refuses within, where the command line or the locale asks for Chinese."""
    try:
        yield
    except Exception as error:
        told = getattr(error, "format_message", None)
        if told is None or asked_language(sys.argv[1:]) != "zh" or not (reason := _reason(error, told())):
            raise
        CHOSEN.set("zh")  # the options were not read to their end
        raise UsageError(reason) from None


def no_such_option(words: Sequence[str], command: str) -> UsageError | None:
    """Return the refusal of the first of some words that is an option and no negative number; None where none is."""
    option = next((word for word in words if re.match(r"-+[^\d.\s]", word)), None)
    if option is None:
        return None
    return UsageError(Reason("usage_no_option", name=option.partition("=")[0], command=command))


def _reason(error: Exception, message: str) -> Reason | None:
    """Return a sentence of the catalogue for the parser's; None for one that it does not have."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "flopsbench"
    found = ((code, re.match(pattern, message)) for code, pattern in _SAID)
    return next((Reason(code, name=match["name"].strip("'"), command=command) for code, match in found if match), None)
