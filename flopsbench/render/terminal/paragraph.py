"""Makes lines of a text by its language: English between words, Chinese between signs but before closing ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

NO_BREAK = "\N{NO-BREAK SPACE}"  # a blank at which no line ends


class Paragraph:
    """A Paragraph is a text that fills the width it gets; lines after the first are ``indent`` cells further right."""

    def __init__(self, text: str, style: str = "", indent: int = 0) -> None:
        self.text, self.style, self.indent = text, style, indent

    def lines(self, width: int) -> list[str]:
        """Return the lines of at most ``width`` cells."""
        lines = [""]
        for piece in _pieces(self.text):
            if cell_len(lines[-1] + piece.rstrip()) > width and lines[-1].strip():
                lines.append(" " * self.indent)
            first, *rest = _chopped(piece.rstrip(), max(width - cell_len(lines[-1]), 1)) or [""]
            lines[-1] += piece if not rest else first
            lines += [" " * self.indent + part for part in rest]
        return [line.rstrip().replace(NO_BREAK, " ") for line in lines]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines for the width that a screen or a cell has."""
        yield Text("\n".join(self.lines(options.max_width)), self.style, no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the narrowest and the widest that the text can be."""
        narrowest = max(map(cell_len, _pieces(self.text)), default=0)
        return Measurement(min(narrowest, options.max_width), min(cell_len(self.text), options.max_width))


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts between which a line may break, each with the blank behind it."""
    start = 0
    for i in range(1, len(text)):
        if _may_break(text[i - 1], text[i]):
            yield text[start:i]
            start = i
    yield text[start:]


def _chopped(piece: str, width: int) -> list[str]:
    """Return a piece that is wider than a line in parts that fit; none but the first begins with a closing sign."""
    parts = []
    while piece:
        end = max(len(chop_cells(piece, width)[0]), 1)  # a sign of two cells on a line of one
        while 1 < end < len(piece) and _closes(piece[end]):
            end -= 1
        parts.append(piece[:end])
        piece = piece[end:]
    return parts


def _closes(char: str) -> bool:
    """Return whether no line may begin with a character."""
    return char == NO_BREAK or unicodedata.category(char) in ("Pe", "Pf", "Po")


def _may_break(before: str, after: str) -> bool:
    """Return whether a line may end between two characters."""
    if " " in (before, after):
        return before == " " != after
    opens = before == NO_BREAK or unicodedata.category(before) in ("Ps", "Pi")
    return (_is_wide(before) or _is_wide(after)) and not opens and not _closes(after)


def _is_wide(char: str) -> bool:
    """Return whether a character is as wide as a Chinese one."""
    return unicodedata.east_asian_width(char) in ("W", "F")
