"""Hands over what was found: as a document of JSON, and for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flopsbench.cli.files import STDOUT, put

if TYPE_CHECKING:
    from rich.console import RenderableType

Found = TypeVar("Found")


def put_json(json: str | None, record: Callable[[], object]) -> bool:
    """Write a record as JSON, indented for people, where that is asked for; return whether it is printed."""
    import msgspec

    from flopsbench.words.reason import plain

    if json is not None:
        document = msgspec.json.format(msgspec.json.encode(record(), enc_hook=plain), indent=2)
        put("--json", json, document + b"\n")
    return json == STDOUT


def hand_over_found(found: Found, json: str | None, lang: str, render: Callable[[Found, str], RenderableType]) -> None:
    """Write a record as JSON where that is asked for, and print it as ``render`` shows it in a language."""
    if not put_json(json, lambda: found):
        from rich.console import Console

        Console(highlight=False).print(render(found, lang), crop=False)  # a command too long for a line stays whole
