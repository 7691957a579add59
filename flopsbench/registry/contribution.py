"""A Result made ready to be contributed: under a handle, sound, with nothing in it that tells whose machine it was."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.host.privacy import Kind, finder, telling_names
from flopsbench.peaks.datasheet import load_accelerators
from flopsbench.peaks.microarchitecture import microarchitectures
from flopsbench.result.codec import decode, encode
from flopsbench.result.files import read_bytes
from flopsbench.result.place import relative_path
from flopsbench.result.types import SCHEMA_VERSION, Handle, Result
from flopsbench.validate import canonical
from flopsbench.validate.document import Judgement, validate_document
from flopsbench.validate.finding import Finding
from flopsbench.validate.text import leaves

CHOSEN = {"submitter", "id"}  # the handle is meant to be known, and may be the login too
WHAT: dict[Kind, str] = {
    "host-name": "this machine's host name",
    "user-name": "a name of this user",
    "path": "this user's home folder",
    "ip": "an IP address of this machine",
    "mac": "a MAC address of this machine",
    "serial": "a serial number of this machine",
}


def read(path: Path) -> bytes:
    """The bytes of the file; raise UsageError where there is none, DocumentRejected for what is no regular file.

    A pipe might be waited for in vain.
    """
    if not os.path.lexists(path):
        raise UsageError(f"{path}: there is no such file")
    if os.path.exists(path) and not os.path.isfile(path):
        raise DocumentRejected("is not a regular file")
    return read_bytes(path)


def contribution(document: bytes, handle: str | None) -> bytes:
    """The document as ``handle`` contributes it, or nobody: the same document and handle give the same bytes.

    Raises DocumentRejected when it is not as flopsbench wrote it, UsageError for what is no handle.
    """
    reading = canonical.read(document)
    result = reading.result
    if result is None or reading.findings:
        raise DocumentRejected(reading.findings[0].sentence)
    if handle == result.submitter:
        return document
    version = result.schema_version if handle is None else SCHEMA_VERSION
    submitter = None if handle is None else parse_handle(handle)
    return encode(replace(result, submitter=submitter, schema_version=version))


def parse_handle(text: str) -> str:
    """A handle as GitHub allows them; raise UsageError for anything else."""
    try:
        return msgspec.convert(text.strip(), Handle)
    except msgspec.ValidationError:
        raise UsageError(
            f"{text!r} is no handle: up to 39 letters and digits, with single hyphens between them"
        ) from None


def check(document: bytes) -> Judgement:
    """What the validator says of the document, and what of this machine stands in it."""
    verdict = validate_document(document)
    return Judgement(verdict.result, [*verdict.findings, *leaks(document)])


def leaks(document: bytes) -> Iterator[Finding]:
    """A finding for every field in which a name or a number of this machine or its user stands."""
    names = {name: kind for name, kind in telling_names().items() if name.lower() not in _public_words()}
    find = finder(names)
    for where, value in leaves(json.loads(document)):
        kind = find(value) if isinstance(value, str) and where not in CHOSEN else None
        kind = kind or find(_key(where))
        if kind:
            yield Finding(f"privacy.{kind}", f"holds {WHAT[kind]}", where)


def _key(where: str) -> str:
    """The part of a field's name that is no word of the schema: a package or a variable of the environment."""
    found = re.match(r"software\.(?:versions|env)\.(.*)", where)
    return found[1] if found else ""


@cache
def _public_words() -> frozenset[str]:
    """Words of the names that vendors give to hardware: a host called "h200" is not told by an H200."""
    boards = [(row.id, row.name, row.vendor, *row.names_seen) for row in load_accelerators().values()]
    cores = [(row.name,) for row in microarchitectures()]
    return frozenset(re.findall(r"\w+", " ".join(name for names in (*boards, *cores) for name in names).lower()))


def fields(document: bytes) -> Mapping[str, list[Any]]:
    """Every field of the document with all its values, those of a list's items under one name: ``cases[].reason``."""
    found: dict[str, list[Any]] = {}
    for where, value in leaves(json.loads(document)):
        found.setdefault(re.sub(r"\[\d+\]", "[]", where), []).append(value)
    return found


def place(document: bytes, folder: Path, source: Path) -> Path:
    """Where the document made of the file ``source`` lies in a registry's folder, or will.

    Raises DocumentRejected when something else lies there, or when the same run is published under another id.
    """
    result = decode(document)
    path = folder / relative_path(result)
    if path.exists() and read_bytes(path) != document:
        raise DocumentRejected(f"{path}: another file lies where this Result belongs")
    same_second = f'"created": "{result.created}"'.encode()
    for other in path.parent.glob("*.json"):
        if other == path or other.resolve() == source.resolve():
            continue
        if same_second in (published := read_bytes(other)) and _same_run(decode(published), result):
            raise DocumentRejected(f"the same run is in the registry already: {other}")
    return path


def _same_run(one: Result, other: Result) -> bool:
    return one.cases == other.cases and one.host == other.host
