"""Prints what rich pads without the blanks at the ends of lines, so that nothing hangs over in files and pipes."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment


class Trimmed:
    """A Trimmed is anything that can be printed, without the blanks at the ends of its lines."""

    def __init__(self, *parts: RenderableType) -> None:
        self.parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of each part."""
        for part in self.parts:
            for line in console.render_lines(part, options, pad=False):
                yield from _trimmed(line)
                yield Segment.line()


def _trimmed(line: Iterable[Segment]) -> list[Segment]:
    """Return a line without the blanks at its end."""
    left = list(line)
    while left:
        last = left.pop()
        if text := last.text.rstrip(" "):
            return [*left, Segment(text, last.style, last.control)]
    return left
