"""A Result as bytes: written with the id that belongs to them, read with nothing let through that is not one."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.result import BLANK_ID, SCHEMA, SCHEMA_VERSION, Case, Process, Result, case_id, case_key, significant

LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
LONGEST_INTEGER = 20  # digits: the FLOP of one launch have 19


def encode(result: Result) -> bytes:
    """The document's bytes, floats to 6 significant digits, carrying the id that belongs to them."""
    plain = _rounded(msgspec.to_builtins(msgspec.structs.replace(result, id=BLANK_ID)))
    valid = msgspec.convert(plain, Result)  # 6 becomes 6.0: the same figures must give the same bytes, and the same id
    blank = _numbers_in_lines(msgspec.json.format(msgspec.json.encode(valid), indent=1)) + b"\n"
    return blank.replace(BLANK_ID.encode(), _digest(blank).encode(), 1)


def _numbers_in_lines(document: bytes) -> bytes:
    """Arrays of numbers on one line each. No text is touched: JSON holds no line break within a text."""
    return _NUMBERS.sub(lambda found: b"[" + b" ".join(found[1].split()) + b"]", document)


_NUMBERS = re.compile(rb"\[\n([-+0-9.eE,\s]+)\]")


def identity(document: bytes, claimed: str) -> str:
    """The id these bytes deserve: their sha256 with the digits of the ``claimed`` id taken as zeros."""
    return _digest(document.replace(claimed.encode(), BLANK_ID.encode(), 1))


def _digest(blank: bytes) -> str:
    return "sha256:" + hashlib.sha256(blank).hexdigest()


def _rounded(value: Any) -> Any:
    """Floats at the document's precision, and text without the control characters a loader refuses."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, str):
        return CONTROL.sub(" ", value)
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
        raise DocumentRejected(f"{os.fspath(path)}: {error}") from None


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
    _check_identity(_parse(document))
    try:
        result = msgspec.json.decode(document, type=Result)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DocumentRejected(f"not a valid Result: {error}") from None
    _check_cases(result.cases)
    return result


def _parse(document: bytes) -> Any:
    """Strict JSON: what Python's parser lets pass (NaN, 1e999, duplicate keys) is refused here."""
    try:
        return json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except UnicodeDecodeError as error:
        raise DocumentRejected(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        if not document.strip():
            raise DocumentRejected("the file is empty") from None
        unfinished = error.pos and error.msg != "Extra data" and _UNFINISHED.fullmatch(error.doc, error.pos)
        kind = "truncated" if unfinished else "not JSON"
        raise DocumentRejected(f"{kind}: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise DocumentRejected("nested far deeper than any Result") from None


# All that follows the error when a document ends too early: nothing, half a word or number, an open string.
_UNFINISHED = re.compile(r'\s*(?:[\w.+-]*|"(?:[^"\\]|\\.)*\\?)\s*', re.DOTALL)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DocumentRejected(f"the key {name[:80]!r} stands twice in one object")
        _check_text(name)
        _check_text(value)
        found[name] = value
    return found


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a terminal obeys these


def _check_text(value: Any) -> None:
    """Refuse control characters in a text or in a list of texts: whoever prints a Result must be safe from it."""
    if isinstance(value, str) and CONTROL.search(value):
        raise DocumentRejected(f"the text {value[:40]!r} holds control characters")
    if isinstance(value, list):
        for item in value:
            _check_text(item)


def _no_number(text: str) -> None:
    raise DocumentRejected(f"{text[:20]} is not a number a Result may hold")


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
            "upgrade flopsbench (pip install --upgrade flopsbench)"
        )


def _check_cases(cases: Iterable[Case]) -> None:
    seen = set()
    for case in cases:
        if case_id(case) in seen:
            raise DocumentRejected(f"case {case.case!r} on {case.device} stands twice")
        seen.add(case_id(case))
        expected = case_key(case)
        if case.case != expected:
            raise DocumentRejected(f"case {case.case!r} does not match its own fields, which say {expected!r}")
        if (case.status == "ok") != (case.stats is not None):
            raise DocumentRejected(f"case {case.case!r} is {case.status} but its stats say otherwise")
        if case.stats and not case.processes:
            raise DocumentRejected(f"case {case.case!r} has stats but no blocks they come from")
        for process in case.processes:
            _check_series(case, process)


def _check_series(case: Case, process: Process) -> None:
    """What was read beside the blocks is there for each of them, or not at all."""
    blocks = len(process.block_s)
    for name, series in (("host_block_s", process.host_block_s), ("block_ceilings", process.block_ceilings)):
        if series and len(series) != blocks:
            raise DocumentRejected(f"case {case.case!r} has {blocks} block_s but {len(series)} {name}")


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the document, generated from the types."""
    schema = msgspec.json.schema(Result)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "flopsbench Result", **schema}
