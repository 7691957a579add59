"""Makes a Result ready to be contributed: under a handle, sound, with nothing in it that tells whose machine it was."""

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
from flopsbench.host.privacy import finder, telling_names
from flopsbench.peaks.datasheet import load_accelerators
from flopsbench.peaks.microarchitecture import microarchitectures
from flopsbench.registry.entry import entry_findings
from flopsbench.result.codec import decode, encode
from flopsbench.result.files import read_regular
from flopsbench.result.place import relative_path
from flopsbench.result.types import Handle, Result, schema_order
from flopsbench.validate.canonical import read_canonical
from flopsbench.validate.document import Judgement, validate_document
from flopsbench.validate.file import size_findings
from flopsbench.validate.finding import Finding
from flopsbench.validate.privacy import leak_finding
from flopsbench.validate.text import leaves
from flopsbench.words.reason import Reason

CHOSEN = {"submitter", "id"}  # fields that may hold a name: the handle is meant to be known, and may be the login too


HAS_SUBMITTER = "1.2"  # the first version of the schema that has the field


def read_result_file(path: Path) -> bytes:
    """Return the bytes of a file; raise UsageError where there is none, DocumentRejected for a pipe or a device."""
    if not os.path.lexists(path):
        raise UsageError(Reason("file_missing", path=path))
    return read_regular(path)


def contribution(document: bytes, handle: str | None) -> bytes:
    """Return the document under ``handle``, or without one; the same document and handle give the same bytes.

    Raises DocumentRejected where the document is not as flopsbench wrote it, UsageError for what is no handle.
    """
    for finding in size_findings(document):
        raise DocumentRejected(finding.sentence)
    reading = read_canonical(document)
    result = reading.result
    if result is None or reading.faults:
        raise DocumentRejected(reading.faults[0].sentence)
    if handle == result.submitter:
        return document
    version = result.schema_version if handle is None else max(result.schema_version, HAS_SUBMITTER, key=schema_order)
    submitter = None if handle is None else parse_handle(handle)
    return encode(replace(result, submitter=submitter, schema_version=version))


def parse_handle(text: str) -> str:
    """Return the text as a handle of the form that GitHub allows; raise UsageError for anything else."""
    try:
        return msgspec.convert(text.strip(), Handle)
    except msgspec.ValidationError:
        raise UsageError(Reason("handle_form", handle=repr(text))) from None


def check_contribution(document: bytes) -> Judgement:
    """Return what the validator finds in a document that is to be published, and what of this machine stands in it."""
    verdict = validate_document(document)
    as_entry = entry_findings(verdict.result) if verdict.result else ()
    return Judgement(verdict.result, [*verdict.findings, *as_entry, *leaks(document)])


def leaks(document: bytes) -> Iterator[Finding]:
    """Yield a finding for each field in which a name or a number of this machine or its user stands."""
    names = {name: kind for name, kind in telling_names().items() if name.lower() not in _public_words()}
    find = finder(names)
    for where, value in leaves(json.loads(document)):
        kind = find(value) if isinstance(value, str) and where not in CHOSEN else None
        kind = kind or find(_key(where))
        if kind:
            yield leak_finding(kind, where)


def _key(where: str) -> str:
    """Return the part of a field's name that is no word of the schema: a package, or a variable of the environment."""
    found = re.match(r"software\.(?:versions|env)\.(.*)", where)
    return found[1] if found else ""


@cache
def _public_words() -> frozenset[str]:
    """Return the words of the names that vendors give to hardware.

    A host called "h200" is not given away by the name of an H200.
    """
    boards = [(row.id, row.name, row.vendor, *row.names_seen) for row in load_accelerators().values()]
    cores = [(row.name,) for row in microarchitectures()]
    return frozenset(re.findall(r"\w+", " ".join(name for names in (*boards, *cores) for name in names).lower()))


def fields(document: bytes) -> Mapping[str, list[Any]]:
    """Return every field of a document with all its values; the items of a list share one name: ``cases[].reason``."""
    found: dict[str, list[Any]] = {}
    for where, value in leaves(json.loads(document)):
        found.setdefault(re.sub(r"\[\d+\]", "[]", where), []).append(value)
    return found


def place(document: bytes, folder: Path, source: Path) -> Path:
    """Return where the document made of the file ``source`` lies in a registry's folder, or will lie.

    Raises DocumentRejected where something else lies there, or where the same run is published under another id.
    """
    result = decode(document)
    path = folder / relative_path(result)
    if path.exists() and read_regular(path) != document:
        raise DocumentRejected(Reason("place_taken", path=path))
    same_second = f'"created": "{result.created}"'.encode()
    for other in path.parent.glob("*.json"):
        if other == path or other.resolve() == source.resolve():
            continue
        if same_second in (published := read_regular(other)) and _same_run(decode(published), result):
            raise DocumentRejected(Reason("same_run_published", other=other))
    return path


def _same_run(one: Result, other: Result) -> bool:
    """Return whether two Results hold the same measurement, perhaps under different handles."""
    return one.cases == other.cases and one.host == other.host
