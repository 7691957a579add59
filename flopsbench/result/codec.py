"""A Result as bytes: written with the id that belongs to them, read with nothing let through that is not one."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.result.types import (
    BLANK_ID,
    SCHEMA,
    SCHEMA_VERSION,
    Case,
    Process,
    Result,
    case_id,
    case_key,
    significant,
)

LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
LONGEST_INTEGER = 20  # digits: the FLOP of one launch have 19
DEEPEST = 50  # objects and lists in each other; a Result has 7
TOO_DEEP = "nested far deeper than any Result"


def encode(result: Result) -> bytes:
    """The document's bytes, floats to 6 significant digits, carrying the id that belongs to them."""
    plain = _rounded(msgspec.to_builtins(msgspec.structs.replace(result, id=BLANK_ID)))
    valid = msgspec.convert(plain, Result)  # 6 becomes 6.0: the same figures must give the same bytes, and the same id
    blank = written(valid)
    return blank.replace(BLANK_ID.encode(), _digest(blank).encode(), 1)


def written(result: Result) -> bytes:
    """The bytes of a Result as it stands, its id and its digits untouched: a line an item, arrays of numbers on one.

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
    """The id these bytes deserve: their sha256 with the digits of the ``claimed`` id taken as zeros."""
    return _digest(document.replace(claimed.encode(), BLANK_ID.encode(), 1))


def _digest(blank: bytes) -> str:
    return "sha256:" + hashlib.sha256(blank).hexdigest()


def _rounded(value: Any) -> Any:
    """Floats at the document's precision, and text without the characters a loader refuses."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, str):
        return SURROGATE.sub(" ", CONTROL.sub(" ", value))
    if isinstance(value, dict):
        return {_rounded(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def load(path: str | os.PathLike[str]) -> Result:
    """Read a Result; raise DocumentRejected with the file's name and one sentence when it is not one."""
    with named(path):
        return decode(read_bytes(path))


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the file's name before what a DocumentRejected says."""
    try:
        yield
    except DocumentRejected as error:
        raise DocumentRejected(f"{os.fspath(path)}: {error}", error.kind) from None


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a document, never more than a Result may have; raise DocumentRejected when unreadable."""
    try:
        with Path(path).open("rb") as file:
            document = file.read(LARGEST_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise DocumentRejected(f"cannot be read: {error.strerror}") from None
    if len(document) > LARGEST_DOCUMENT_BYTES:
        raise DocumentRejected(f"larger than {LARGEST_DOCUMENT_BYTES // 2**20} MiB, which no Result is")
    return document


def decode(document: bytes) -> Result:
    """A Result from its bytes; raise DocumentRejected, saying where and why, for anything else."""
    result = decode_strictly(document)
    check_cases(result.cases)
    return result


def decode_strictly(document: bytes) -> Result:
    """A Result by its types alone, whatever its cases say; raise DocumentRejected with the kind of what is wrong."""
    _check_identity(parse(document))
    try:
        return msgspec.json.decode(document, type=Result)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DocumentRejected(f"not a valid Result: {error}") from None


def parse(document: bytes) -> Any:
    """Strict JSON: what Python's parser lets pass (NaN, 1e999, duplicate keys) is refused here."""
    try:
        parsed = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except UnicodeDecodeError as error:
        raise DocumentRejected(f"not UTF-8 at byte {error.start}", "encoding") from None
    except json.JSONDecodeError as error:
        if not document.strip():
            raise DocumentRejected("the file is empty", "json") from None
        unfinished = error.pos and error.msg != "Extra data" and _UNFINISHED.fullmatch(error.doc, error.pos)
        kind = "truncated" if unfinished else "not JSON"
        raise DocumentRejected(f"{kind}: {error.msg} at line {error.lineno}, column {error.colno}", "json") from None
    except RecursionError:
        raise DocumentRejected(TOO_DEEP, "depth") from None
    if _depth(parsed) > DEEPEST:
        raise DocumentRejected(TOO_DEEP, "depth")
    return parsed


def _depth(parsed: Any) -> int:
    """How many objects and lists stand in each other."""
    level, depth = [parsed], -1
    while level:
        depth += 1
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


# All that follows the error when a document ends too early: nothing, half a word or number, an open string.
_UNFINISHED = re.compile(r'\s*(?:[\w.+-]*|"(?:[^"\\]|\\.)*\\?)\s*', re.DOTALL)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DocumentRejected(f"the key {name[:80]!r} stands twice in one object", "duplicate-key")
        _check_text(name)
        _check_text(value)
        found[name] = value
    return found


# A terminal or a browser obeys these: controls, ends of lines, spaces of no width, turns of direction, tags.
CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0001\U000e0020-\U000e007f]"
)
SURROGATE = re.compile("[\ud800-\udfff]")


def _check_text(value: Any) -> None:
    """Refuse control characters in a text or in a list of texts: whoever prints a Result must be safe from it."""
    if isinstance(value, str) and CONTROL.search(value):
        raise DocumentRejected(f"the text {value[:40]!a} holds control characters", "control-character")
    if isinstance(value, str) and SURROGATE.search(value):
        raise DocumentRejected(f"the text {value[:40]!a} holds half a character", "json")
    if isinstance(value, list):
        for item in value:
            _check_text(item)


def _no_number(text: str) -> None:
    raise DocumentRejected(f"{text[:20]} is not a number a Result may hold", "json")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _no_number(text)
    return value


def _bounded(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        _no_number(text)
    return int(text)


def _check_identity(document: Any) -> None:
    """Refuse what is JSON but no Result of a version this program reads, before its fields are looked at."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise DocumentRejected(f'not a flopsbench Result: "schema" is not "{SCHEMA}"')
    version = document.get("schema_version")
    if not isinstance(version, str) or re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", version) is None:
        raise DocumentRejected('"schema_version" is not major.minor')
    if int(version.split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
        raise DocumentRejected(
            f"written in schema version {version}, newer than the {SCHEMA_VERSION} this program reads: "
            "upgrade flopsbench (pip install --upgrade flopsbench)",
            "version",
        )


def check_cases(cases: Iterable[Case]) -> None:
    """Refuse cases whose key, status and parts do not fit each other."""
    for complaint in case_complaints(cases):
        raise DocumentRejected(complaint, "case")


def case_complaints(cases: Iterable[Case]) -> Iterator[str]:
    """A sentence for whatever in the cases does not fit."""
    seen = set()
    for case in cases:
        id, expected = case_id(case), case_key(case)
        if id in seen:
            yield f"case {case.case!r} on {case.device} stands twice"
        seen.add(id)
        if case.case != expected:
            yield f"case {case.case!r} does not match its own fields, which say {expected!r}"
        if (case.status == "ok") != (case.stats is not None):
            yield f"case {case.case!r} is {case.status} but its stats say otherwise"
        if case.stats and not case.processes:
            yield f"case {case.case!r} has stats but no blocks they come from"
        for process in case.processes:
            yield from _series_complaints(case, process)


def _series_complaints(case: Case, process: Process) -> Iterator[str]:
    """What was read beside the blocks is there for each of them, or not at all."""
    blocks, host_blocks, ceilings = len(process.block_s), len(process.host_block_s), len(process.block_ceilings)
    if host_blocks not in (0, blocks):
        yield f"case {case.case!r} has {blocks} block_s but {host_blocks} host_block_s"
    if ceilings not in (0, blocks):
        yield f"case {case.case!r} has {blocks} block_s but {ceilings} block_ceilings"


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the document, generated from the types."""
    schema = msgspec.json.schema(Result)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "flopsbench Result", **schema}
