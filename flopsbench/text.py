"""Makes text from files and file names safe to print, says what in a text nobody sees, and reads and writes times.

A terminal obeys control characters, and GitHub obeys commands that it finds in the log of a workflow.
"""

import datetime
import re
from unicodedata import category

# What GitHub obeys: two colons at the beginning of a line, and an older form anywhere.
OBEYED = re.compile(r"(?:^|\r)[^\S\r\n]*::|##\[", re.MULTILINE)

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula

LONGEST_ERROR = 300  # characters of what an error says

# What has no look of its own though it is printable by its category: Default_Ignorable_Code_Point of Unicode's
# DerivedCoreProperties.txt, what stands for an object, and the blanks among symbols: of Braille, music and Khitan.
UNSEEN = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
MARKS = {"Mn", "Me"}  # the categories of what stands above, below or around a letter
MOST_MARKS = 4  # on one letter; more are piled on it to hide the lines around

# How each kind of document writes a character by its number.
TEXT_ESCAPE, JSON_ESCAPE, XML_ESCAPE = r"\x{:02x}", r"\u{:04x}", "&#{};"


def printable(text: str) -> str:
    """Return the text with an escape for every character that is not printable, line breaks included."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def hidden(text: str) -> str:
    """Return the first part of a text that nobody sees, or that is piled on a letter; empty where there is none.

    Nobody sees controls, turns of direction, blanks other than the space, private, unassigned and half characters,
    which Python calls not printable, and UNSEEN.
    """
    if text.isprintable() and text.isascii():
        return ""
    used = set(text)  # few, however long the text is
    unseen = {char for char in used if not char.isprintable() or UNSEEN.match(char)}
    if unseen:
        return next(char for char in text if char in unseen)
    marks = "".join(char for char in used if category(char) in MARKS)
    piled = re.search(f"[{re.escape(marks)}]{{{MOST_MARKS + 1}}}", text) if marks else None
    return piled[0] if piled else ""


def seen(text: str) -> str:
    """Return the text with a space for each character that nobody sees, and with no more marks than letters have."""
    while part := hidden(text):
        text = text.replace(part, " " if len(part) == 1 else part[:MOST_MARKS])
    return text


def says_something(text: str) -> bool:
    """Return whether a text holds a letter or a digit."""
    return any(map(str.isalnum, text))


def is_utf8(text: str) -> bool:
    """Return whether a text that came from outside was made of UTF-8: other bytes stand in it as half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    name = first_line(type(error).__name__) or Exception.__name__
    return first_line(f"{name}: {told}" if told else name)


def first_line(text: str) -> str:
    """Return the first line of what somebody else says, in as many printable characters as a sentence can hold."""
    return printable(text.strip().partition("\n")[0][:LONGEST_ERROR])


def utc(moment: datetime.datetime) -> str:
    """Return a time as documents hold it: "2026-07-01T12:00:00Z"."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment_of(text: str) -> datetime.datetime:
    """Return the time that a document holds as ``utc`` writes it; raise ValueError for one that no calendar has.

    Newer versions of Python take 24:00 for the next day: it is no time that ``utc`` writes.
    """
    moment = datetime.datetime.fromisoformat(text)
    if moment.isoformat() != text.replace("Z", "+00:00"):
        raise ValueError("no time that a document holds")
    return moment


def spreadsheet_cell(value: object) -> object:
    """Return a value as a cell of CSV, quoted where a spreadsheet would take it for a formula and run it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def without_commands(text: str, escape: str = TEXT_ESCAPE) -> str:
    """Return the text with nothing in it that GitHub obeys in a log.

    ``escape`` is how the text's kind of document (JSON, XML) writes a character by its number.
    """
    return OBEYED.sub(lambda found: re.sub("[:#]", lambda char: escape.format(ord(char[0])), found[0]), text)
