"""Writes a Result as bytes, with the id that belongs to them, and reads it back, refusing what is no Result."""

from __future__ import annotations

import hashlib
import re
import secrets
from inspect import cleandoc
from itertools import count
from typing import Any

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.result.consistency import check_calls, check_cases
from flopsbench.result.strict import parse
from flopsbench.result.types import BLANK_ID, SCHEMA, SCHEMA_VERSION, Result, Version, schema_order, significant
from flopsbench.text import seen
from flopsbench.words.reason import Reason


def encode(result: Result) -> bytes:
    """Return the document's bytes, floats to 6 significant digits, carrying the id that belongs to them."""
    plain = _rounded(msgspec.to_builtins(msgspec.structs.replace(result, id=BLANK_ID)))
    valid = msgspec.convert(plain, Result)  # 6 becomes 6.0: the same figures must give the same bytes, and the same id
    blank = written(valid)
    return blank.replace(BLANK_ID.encode(), _digest(blank).encode(), 1)


def written(result: Result) -> bytes:
    """Return the bytes of a Result as it stands, its id and its digits untouched.

    Each item has a line of its own; an array of numbers stands on one.

    While the layout is made, a mark stands for each array of numbers. The mark is a number, which may stand in a text
    too: a text can hold what looks like such an array. No part of it is its own beginning, so that it is found where
    it was put and nowhere else.
    """
    pieces = _NUMBERS.split(msgspec.json.format(msgspec.json.encode(result), indent=0))
    frame, numbers = pieces[::2], pieces[1::2]
    marks = (b"-0E%d" % digits for digits in count(_FIRST_MARK))
    mark = next(mark for mark in marks if mark.join(frame).count(mark) == len(numbers))
    parts = [b"\n"] * (2 * len(numbers) + 2)
    parts[:-1:2] = msgspec.json.format(mark.join(frame), indent=1).split(mark)
    parts[1:-1:2] = numbers
    return b"".join(parts)


# Unknown to whoever would fill texts with marks, to make the search for a free one long.
_FIRST_MARK = secrets.randbelow(10**6)
_NUMBERS = re.compile(rb"(\[[-0-9][-+0-9.eE, ]*\])")


def identity(document: bytes, claimed: str) -> str:
    """Return the id that these bytes deserve: their sha256 with the digits of the ``claimed`` id taken as zeros."""
    return _digest(document.replace(claimed.encode(), BLANK_ID.encode(), 1))


def _digest(blank: bytes) -> str:
    return "sha256:" + hashlib.sha256(blank).hexdigest()


def _rounded(value: Any) -> Any:
    """Return the value with floats at the document's precision, and texts without the characters a loader refuses."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, str):
        return seen(value)
    if isinstance(value, dict):
        return {_rounded(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def decode(document: bytes) -> Result:
    """Read a Result from its bytes; raise DocumentRejected, saying where and why, for anything else."""
    result = decode_strictly(document)
    check_cases(result.cases)
    check_calls(result.calls)
    return result


def decode_strictly(document: bytes) -> Result:
    """Read a Result by its types alone, whatever its cases say; raise DocumentRejected with the kind of the fault."""
    _check_identity(parse(document))
    try:
        return msgspec.json.decode(document, type=Result)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DocumentRejected(Reason("not_valid_result", error=error)) from None


def _check_identity(document: Any) -> None:
    """Refuse what is JSON but no Result of a version this program reads, before its fields are looked at."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise DocumentRejected(Reason("not_our_result", schema=SCHEMA))
    version = document.get("schema_version")
    try:
        check_version(msgspec.convert(version, Version), SCHEMA_VERSION)
    except msgspec.ValidationError:
        raise DocumentRejected(Reason("schema_version_form")) from None


def check_version(version: str, read: str) -> None:
    """Refuse a document whose major version is newer than that of the version that this program reads."""
    if schema_order(version)[0] > schema_order(read)[0]:
        raise DocumentRejected(
            Reason("newer_schema", version=version, read=read),
            "version",
        )


def _is_null(kind: dict[str, Any]) -> bool:
    """Return whether a kind of value is none."""
    return kind.get("type") == "null"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema 2020-12 of the document, generated from the types."""
    schema = msgspec.json.schema(Result)
    for part in schema["$defs"].values():
        part["description"] = cleandoc(part["description"])  # Python 3.13 and newer indent docstrings less
        for field in part["properties"].values():
            field.get("anyOf", []).sort(key=_is_null)  # which msgspec before 0.22 names first
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "flopsbench Result", **schema}
