"""What of a document will be public, before it is: every field with its values, for 80 columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

FIELD_WIDTH = 40  # of the longest name in the schema, without its part


def disclosure(fields: Mapping[str, Sequence[Any]]) -> RenderableType:
    """A table for each part of the document.

    Every text is shown, once where it repeats; several numbers as how many there are, the least and the largest.
    """
    return Group(*(_part(name, fields) for name in dict.fromkeys(map(_part_of, fields))))


def _part_of(field: str) -> str:
    """The part a field is listed under: the name before its first dot, or none for the document's own fields."""
    name, dot, _ = field.partition(".")
    return name if dot else ""


def _part(name: str, fields: Mapping[str, Sequence[Any]]) -> RenderableType:
    own = {
        field.removeprefix(f"{name}.") if name else field: values
        for field, values in fields.items()
        if _part_of(field) == name
    }
    rows = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    rows.add_column(width=min(FIELD_WIDTH, max(map(len, own))), overflow="fold")
    rows.add_column(overflow="fold")
    for field, values in own.items():
        rows.add_row(Text(field), Text(_shown(values)))
    return Group(Text(f"\n{name or 'document'}", "bold"), rows)


def _shown(values: Sequence[Any]) -> str:
    distinct = list(dict.fromkeys(value if isinstance(value, str) else json.dumps(value) for value in values))
    if len(distinct) > 1 and all(_is_number(value) for value in values):
        return f"{len(values)} numbers, {min(values)} to {max(values)}"
    return "\n".join(distinct)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
