"""A document's bytes: whether they are those that flopsbench writes for what they say, under the id they deserve."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.result.codec import decode_strictly, identity, written
from flopsbench.result.files import LARGEST_DOCUMENT_BYTES
from flopsbench.result.strict import CONTROL
from flopsbench.result.types import SCHEMA_VERSION, Result
from flopsbench.validate.finding import Finding

_DECODER = msgspec.json.Decoder(Result)


class Reading(NamedTuple):
    """What the bytes say, where they say it in the right form; and what is wrong with them.

    ``texts`` are the different texts of a document as JSON writes them, keys included, but for its id and its time;
    None where some are escaped.
    """

    result: Result | None
    findings: list[Finding]
    texts: set[bytes] | None = None


def read(document: bytes) -> Reading:
    """Read the bytes of a document; nothing they hold makes it raise."""
    if len(document) > LARGEST_DOCUMENT_BYTES:
        return Reading(None, [Finding("file.too-large", f"is larger than {LARGEST_DOCUMENT_BYTES >> 20} MiB")])
    with suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        result = _DECODER.decode(document)
        if b"\\" not in document and written(result) == document:
            texts = _texts(document, result)
            if _is_known(result.schema_version) and _is_harmless(document, texts):
                return Reading(result, _about_id(document, result), texts)
    return _read_strictly(document)


def _read_strictly(document: bytes) -> Reading:
    """The same, ten times as slow, and able to say what is wrong."""
    try:
        result = decode_strictly(document)
    except DocumentRejected as error:
        return Reading(None, [Finding(f"integrity.{error.kind}", str(error))])
    wrong_id = _about_id(document, result)
    if wrong_id or written(result) == document:
        return Reading(result, wrong_id)
    return Reading(result, [Finding("integrity.canonical", _difference(document, result))])


def _texts(document: bytes, result: Result) -> set[bytes]:
    """Without a backslash, quotes stand around texts and nowhere else."""
    return set(document.split(b'"')[1::2]) - {result.id.encode(), result.created.encode()}


def _is_known(version: str) -> bool:
    return version.partition(".")[0] == SCHEMA_VERSION.partition(".")[0]


def _is_harmless(document: bytes, texts: set[bytes]) -> bool:
    """Whether it is UTF-8 without the characters that a document may not hold."""
    if document.isascii() and b"\x7f" not in document:
        return True
    with suppress(UnicodeDecodeError):
        return not CONTROL.search(b" ".join(texts).decode())
    return False


def _about_id(document: bytes, result: Result) -> list[Finding]:
    wrong = identity(document, result.id) != result.id
    return [Finding("integrity.id", "its id is not that of its bytes", "id")] if wrong else []


def _difference(document: bytes, result: Result) -> str:
    """What is not as flopsbench would write it."""
    told, known = msgspec.json.decode(document), msgspec.to_builtins(result)
    if unknown := _unknown(told, known):
        return f"holds {unknown!a}, which flopsbench does not write: nobody can check it"
    lines, right = document.split(b"\n"), written(result).split(b"\n")
    same = next((i for i, pair in enumerate(zip(lines, right, strict=False)) if pair[0] != pair[1]), len(right))
    return f"is not written as flopsbench writes it, from line {same + 1} on"


def _unknown(told: object, known: object, where: str = "") -> str:
    """The first field that is told and not known."""
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
