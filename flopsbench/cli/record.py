"""Prints what was found, as one JSON document or for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from flopsbench.cli.streams import write_bytes

if TYPE_CHECKING:
    from rich.console import RenderableType

Found = TypeVar("Found")

AsJsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON document.")]


def print_json(record: Any) -> None:
    """Print a record as JSON, indented for people."""
    import msgspec

    from flopsbench.words.reason import plain

    write_bytes(msgspec.json.format(msgspec.json.encode(record, enc_hook=plain), indent=2) + b"\n")


def print_found(found: Found, as_json: bool, lang: str, render: Callable[[Found, str], RenderableType]) -> None:
    """Print a record as JSON, or as ``render`` shows it in a language."""
    if as_json:
        print_json(found)
    else:
        from rich.console import Console

        Console(highlight=False).print(render(found, lang), crop=False)  # a command too long for a line stays whole
