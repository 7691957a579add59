"""Makes text from files and file names safe to print, and writes times.

A terminal obeys control characters, and GitHub obeys commands that it finds in the log of a workflow.
"""

import datetime
import re

# What GitHub obeys: two colons at the beginning of a line, and an older form anywhere.
OBEYED = re.compile(r"(?:^|\r)[^\S\r\n]*::|##\[", re.MULTILINE)

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula

LONGEST_ERROR = 300  # characters of what an error says

# How each kind of document writes a character by its number.
TEXT_ESCAPE, JSON_ESCAPE, XML_ESCAPE = r"\x{:02x}", r"\u{:04x}", "&#{};"


def printable(text: str) -> str:
    """Return the text with an escape for every character that is not printable, line breaks included."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def shortened(text: str, most: int) -> str:
    """Return the text in at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def error_line(error: BaseException) -> str:
    """Return the class of an error and the first line of what it says, in characters that can be printed.

    An error whose text cannot be made is its class alone: whoever raised it may have made that class, too.
    """
    try:
        told = first_line(str(error))
    except BaseException:  # even SystemExit: it is somebody else's text
        told = ""
    return first_line(f"{type(error).__name__}: {told}" if told else type(error).__name__)


def first_line(text: str) -> str:
    """Return the first line of what somebody else says, in as many printable characters as a sentence can hold."""
    return printable(text.strip().partition("\n")[0][:LONGEST_ERROR])


def utc(moment: datetime.datetime) -> str:
    """Return a time as documents hold it: "2026-07-01T12:00:00Z"."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def spreadsheet_cell(value: object) -> object:
    """Return a value as a cell of CSV, quoted where a spreadsheet would take it for a formula and run it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def without_commands(text: str, escape: str = TEXT_ESCAPE) -> str:
    """Return the text with nothing in it that GitHub obeys in a log.

    ``escape`` is how the text's kind of document (JSON, XML) writes a character by its number.
    """
    return OBEYED.sub(lambda found: re.sub("[:#]", lambda char: escape.format(ord(char[0])), found[0]), text)
