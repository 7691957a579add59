"""Every field that a Result may have, found by walking its types: where it stands in the small honest document."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from flopsbench.result.types import Result, Said

# Which of several: those of the GPU have the most fields.
INDEX = {"cases": 1, "devices": 1}
# Of the records that say what a sentence is made of, this one is there.
SAID = "cases.1.processes.0.stop_reason_said"
KEY = {"software.versions": "numpy", "software.env": "OMP_NUM_THREADS", f"{SAID}.values": "half_width"}


class Field(NamedTuple):
    """One field: its path, its type, and whether a Result must have it."""

    path: str
    type: msgspec.inspect.Type
    required: bool


def fields() -> Iterator[Field]:
    """All of them, records and lists before what they hold."""
    yield from _of(msgspec.inspect.type_info(Result), "", True)


def free_texts() -> Iterator[Field]:
    """Those that may hold any text, as far as the types say."""
    for field in fields():
        if isinstance(field.type, msgspec.inspect.StrType) and not field.type.pattern:
            yield field


def with_call(plain: Any, path: str) -> None:
    """Give a Result of plain dicts and lists a call with a case's times, where a path leads into one."""
    if path.startswith("calls.") and not plain.get("calls"):
        case = deepcopy(next(case for case in plain["cases"] if case.get("processes")))
        for process in case["processes"]:
            process["host_block_s"] = list(process["block_s"])
        known = {"name": "tests/test_a.py::test_b", "unit": case["stats"]["unit"], "amount": 1, "status": "ok"}
        plain["calls"] = [known | {part: case[part] for part in ("processes", "stats")}]


def plant(plain: Any, path: str, text: str) -> None:
    """Put a text where the field stands in a Result of plain dicts and lists; lists end with it."""
    with_call(plain, path)
    names = path.split(".")
    for name, inside in pairwise(names):
        plain = plain[int(name)] if isinstance(plain, list) else plain.setdefault(name, [] if inside.isdigit() else {})
    if isinstance(plain, list):
        plain[int(names[-1]) :] = [text]
    else:
        plain[names[-1]] = text


def _of(found: msgspec.inspect.Type, path: str, required: bool) -> Iterator[Field]:
    if isinstance(found, msgspec.inspect.UnionType):  # "or None": absent
        found = next(kind for kind in found.types if not isinstance(kind, msgspec.inspect.NoneType))
    if path:
        yield Field(path, found, required)
    if isinstance(found, msgspec.inspect.StructType) and (found.cls is not Said or path == SAID):
        for field in found.fields:
            inside = f"{path}.{field.encode_name}" if path else field.encode_name
            yield from _of(field.type, inside, field.required)
    elif isinstance(found, msgspec.inspect.ListType):
        yield from _of(found.item_type, f"{path}.{INDEX.get(path, 0)}", False)
    elif isinstance(found, msgspec.inspect.DictType):
        yield from _of(found.value_type, f"{path}.{KEY[path]}", False)


def wrong_value(found: msgspec.inspect.Type) -> Any:
    """A value of a type that the field never has."""
    return 7 if isinstance(found, msgspec.inspect.StructType | msgspec.inspect.DictType) else {"seven": 7}
