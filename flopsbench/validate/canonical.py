"""Reads the bytes of a document and compares them with the bytes that flopsbench writes for the same content.

A document is canonical when both are equal and its id is the digest of its bytes. ``integrity`` makes findings of the
faults that this module returns.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.result.codec import decode_strictly, identity, written
from flopsbench.result.types import SCHEMA_VERSION, Result
from flopsbench.text import hidden
from flopsbench.validate.finding import Fault
from flopsbench.words.reason import Reason

_DECODER = msgspec.json.Decoder(Result)


class Reading(NamedTuple):
    """A Reading is what the bytes of a document say, and what is wrong with the bytes themselves.

    ``result`` is None where the bytes are no Result. ``texts`` are the distinct texts of the document as JSON writes
    them, keys included, except its id and its time; None where any of them is escaped.
    """

    result: Result | None
    faults: list[Fault]
    texts: set[bytes] | None = None


def read_canonical(document: bytes) -> Reading:
    """Read the bytes of a document; nothing they hold makes it raise."""
    with suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        result = _DECODER.decode(document)
        if b"\\" not in document and written(result) == document:
            texts = _texts(document, result)
            if _is_known(result.schema_version) and _is_harmless(document, texts):
                return Reading(result, _id_faults(document, result), texts)
    return _read_strictly(document)


def _read_strictly(document: bytes) -> Reading:
    """Read a document that the fast path refused: this takes ten times as long, and says what is wrong."""
    try:
        result = decode_strictly(document)
    except DocumentRejected as error:
        return Reading(None, [Fault(error.kind, error.reason)])
    wrong_id = _id_faults(document, result)
    if wrong_id or written(result) == document:
        return Reading(result, wrong_id)
    return Reading(result, [Fault("canonical", _difference(document, result))])


def _texts(document: bytes, result: Result) -> set[bytes]:
    """Return the distinct texts of a document that holds no backslash, so that each quote begins or ends a text."""
    return set(document.split(b'"')[1::2]) - {result.id.encode(), result.created.encode()}


def _is_known(version: str) -> bool:
    """Return whether this program knows the major version of the schema."""
    return version.partition(".")[0] == SCHEMA_VERSION.partition(".")[0]


def _is_harmless(document: bytes, texts: set[bytes]) -> bool:
    """Return whether the document is UTF-8 and holds nothing that nobody sees."""
    if document.isascii() and b"\x7f" not in document:
        return True
    with suppress(UnicodeDecodeError):
        return not hidden(b" ".join(texts).decode())
    return False


def _id_faults(document: bytes, result: Result) -> list[Fault]:
    """Return a fault where the id of a document is not the digest of its bytes."""
    wrong = identity(document, result.id) != result.id
    return [Fault("id", Reason("id_of_other_bytes"), "id")] if wrong else []


def _difference(document: bytes, result: Result) -> str:
    """Return a sentence that says what flopsbench would have written otherwise."""
    told, known = msgspec.json.decode(document), msgspec.to_builtins(result)
    if unknown := _unknown(told, known):
        return Reason("unknown_fields", fields=ascii(unknown))
    lines, right = document.split(b"\n"), written(result).split(b"\n")
    same = next((i for i, pair in enumerate(zip(lines, right, strict=False)) if pair[0] != pair[1]), len(right))
    return Reason("not_canonical", line=same + 1)


def _unknown(told: object, known: object, where: str = "") -> str:
    """Return the path of the first field that ``told`` has and ``known`` lacks; empty where there is none."""
    if isinstance(told, dict) and isinstance(known, dict):
        for name, value in told.items():
            path = f"{where}.{name}" if where else name
            found = path if name not in known else _unknown(value, known[name], path)
            if found:
                return found[:80]
    if isinstance(told, list) and isinstance(known, list):
        for number, (item, other) in enumerate(zip(told, known, strict=False)):
            if found := _unknown(item, other, f"{where}[{number}]"):
                return found
    return ""
