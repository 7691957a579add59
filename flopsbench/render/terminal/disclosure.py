"""Shows which parts of a document will be public before they are: every field with its values, in 80 columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.words.catalogue import phrase

FIELD_WIDTH = 46  # columns of the longest name in the schema, without the name of its part


def disclosure(fields: Mapping[str, Sequence[Any]], lang: str = "en") -> RenderableType:
    """Return one table per part of the document.

    Every text is shown, once where it repeats; of several numbers their count, the least and the largest are shown.
    """
    return Group(*(_part(name, fields, lang) for name in dict.fromkeys(map(_part_of, fields))))


def _part_of(field: str) -> str:
    """Return the part a field is listed under: the name before its first dot; empty for the document's own fields."""
    name, dot, _ = field.partition(".")
    return name if dot else ""


def _part(name: str, fields: Mapping[str, Sequence[Any]], lang: str) -> RenderableType:
    """Return the table of one part, under its name."""
    own = {
        field.removeprefix(f"{name}.") if name else field: values
        for field, values in fields.items()
        if _part_of(field) == name
    }
    rows = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    rows.add_column(width=min(FIELD_WIDTH, max(map(len, own))), overflow="fold")
    rows.add_column(overflow="fold")
    for field, values in own.items():
        rows.add_row(Text(field), Text(_shown(values, lang)))
    return Group(Text(f"\n{name or phrase(lang, 'document_heading')}", "bold"), rows)


def _shown(values: Sequence[Any], lang: str) -> str:
    """Return the values of a field as its row shows them."""
    distinct = list(dict.fromkeys(value if isinstance(value, str) else json.dumps(value) for value in values))
    if len(distinct) > 1 and all(_is_number(value) for value in values):
        return phrase(lang, "numbers_between", count=len(values), least=str(min(values)), most=str(max(values)))
    return "\n".join(distinct)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
