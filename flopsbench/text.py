"""Text from files and file names, made safe to print: a terminal, or GitHub reading a log, obeys it otherwise."""

import re

# By GitHub: two colons at the beginning of a line, and an older form anywhere.
OBEYED = re.compile(r"(?:^|\r)[^\S\r\n]*::|##\[", re.MULTILINE)

# How a character is written by its number.
TEXT_ESCAPE, JSON_ESCAPE, XML_ESCAPE = r"\x{:02x}", r"\u{:04x}", "&#{};"


def printable(text: str) -> str:
    """The text with an escape for whatever is not printable, line breaks included."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def without_commands(text: str, escape: str = TEXT_ESCAPE) -> str:
    """The text, or the same document by the escape of its kind, with nothing in it that GitHub obeys in a log."""
    return OBEYED.sub(lambda found: re.sub("[:#]", lambda char: escape.format(ord(char[0])), found[0]), text)
