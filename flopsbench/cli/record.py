"""Prints a record as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import msgspec


def print_record(record: msgspec.Struct) -> None:
    """Print a record as JSON, indented for people."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(record), indent=2).decode())
