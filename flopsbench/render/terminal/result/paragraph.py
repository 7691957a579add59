"""Tells where a line may end: at a space, and between any two letters of Chinese, but not before a comma."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_OPENING, _CLOSING = (
    {"Ps", "Pi"},
    {"Pe", "Pf", "Po"},
)  # categories of punctuation that belongs to what follows, precedes


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A Paragraph is a text that takes as many lines as its terminal makes it, broken in either language."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the text, broken at the width that there is."""
        yield Text("\n".join(folded(self.text, options.max_width)), self.style, no_wrap=True)


def folded(text: str, width: int) -> Iterator[str]:
    """Yield a text in lines of at most ``width`` columns; what has no place to break it is broken anywhere."""
    line = ""
    for piece in (part for whole in _pieces(text) for part in chop_cells(whole, width)):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts of a text between which a line may end."""
    start = 0
    for end, (before, after) in enumerate(pairwise(text), 1):
        if _may_end(before, after):
            yield text[start:end]
            start = end
    yield text[start:]


def _may_end(before: str, after: str) -> bool:
    """Return whether a line may end between two letters."""
    if before.isspace():
        return not after.isspace()
    if after.isspace() or unicodedata.category(before) in _OPENING or unicodedata.category(after) in _CLOSING:
        return False
    return _is_wide(before) or _is_wide(after)


def _is_wide(letter: str) -> bool:
    """Return whether a letter is one of Chinese, or punctuation of its width."""
    return unicodedata.east_asian_width(letter) in ("W", "F")
