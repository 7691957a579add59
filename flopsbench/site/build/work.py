"""The work of a build that any process can do: Results made into pages, and the pages that are made of many."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from flopsbench.registry import file
from flopsbench.registry.entry import Entry
from flopsbench.registry.file import SIGNERS, SUFFIX
from flopsbench.registry.population import fingerprints_of
from flopsbench.registry.signature import judge_signature
from flopsbench.result.types import Result
from flopsbench.site.build.cache import Known
from flopsbench.site.build.folder import put
from flopsbench.site.html.pages import Pages
from flopsbench.site.model.read import read_entry
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import Finding


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Result's file, and what is said of it elsewhere: in moderation.toml, and by the keys that are known.

    ``page`` is the stem of its page. ``signers`` tells one state of the known keys from another; it is None where no
    signature lies beside the file.
    """

    path: str
    page: str
    attested: str | None = None
    superseded_by: str | None = None
    superseded_for: str | None = None
    successor: str | None = None
    signers: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Files to be published by one process at once, from the registry's folder to the site's."""

    registry: Path
    site: Path
    sources: Sequence[SourceFile]


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What came of a file: known, or refused for what the findings say."""

    path: str
    known: Known | None
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Page:
    """A page made of many Results: its file's name, and which of ``Pages`` makes it of what."""

    name: str
    maker: str
    content: Sequence[Any] = ()

    @property
    def digest(self) -> bytes:
        """Equal for pages that look the same, as long as the program is."""
        return hashlib.sha256(msgspec.msgpack.encode((self.maker, self.content))).digest()


def result_files(page: str) -> tuple[str, str]:
    """The page of a Result, and the file itself beside it."""
    return f"results/{page}.html", f"results/{page}.json"


def publish(batch: Batch) -> list[BatchOutcome]:
    """Check every file, then write the page of each that is sound.

    Not file by file: what checks and what writes pages would push each other out of the processor's caches.
    """
    checked = [_checked(batch.registry, source) for source in batch.sources]
    return [each if isinstance(each, BatchOutcome) else _published(batch.site, each) for each in checked]


def make(site: Path, page: Page) -> None:
    """Write a page."""
    put(site / page.name, getattr(pages(), page.maker)(*page.content).encode())


@cache
def pages() -> Pages:
    """The templates, compiled once a process."""
    return Pages()


def key(registry: Path, source: SourceFile) -> bytes | None:
    """The digest of all that decides how the page of a Result looks but for the program; None if it cannot be read."""
    try:
        return _key(source, *_read(registry, source))
    except OSError:
        return None


def _key(source: SourceFile, document: bytes, signature: bytes | None) -> bytes:
    return hashlib.sha256(msgspec.msgpack.encode((document, signature, source))).digest()


def _read(registry: Path, source: SourceFile) -> tuple[bytes, bytes | None]:
    """The document, and the signature beside it; raise OSError."""
    path = f"{registry}/{source.path}"
    return file.read_file(path), None if source.signers is None else file.read_file(path + SUFFIX)


@dataclass(frozen=True, slots=True)
class _Sound:
    """A Result that may be published, and its bytes; ``findings`` are the validator's notes and reviews."""

    document: bytes
    result: Result
    entry: Entry
    findings: list[Finding]
    key: bytes


def _checked(registry: Path, source: SourceFile) -> _Sound | BatchOutcome:
    """The Result of a file, or why it is refused."""
    try:
        document, signature = _read(registry, source)
    except OSError as error:
        return BatchOutcome(source.path, None, [file.unreadable(error)])
    result, findings = _judged(document, source)
    signed_by = None
    if result and signature is not None:
        signed_by, told = judge_signature(registry / source.path, registry / SIGNERS, result.submitter)
        findings += told
    refused = [finding for finding in findings if finding.level == "reject"]
    if result is None or refused:
        return BatchOutcome(source.path, None, refused)
    entry = msgspec.structs.replace(
        read_entry(result, source.path),
        signed_by=signed_by,
        attested=source.attested,
        superseded_by=source.superseded_by,
        superseded_for=source.superseded_for,
        successor=source.successor,
        reviews=sorted({finding.code for finding in findings if finding.level == "review"}),
    )
    return _Sound(document, result, entry, findings, _key(source, document, signature))


def _judged(document: bytes, source: SourceFile) -> tuple[Result | None, list[Finding]]:
    """What the document says, and all that is to be said of it and of its place."""
    verdict = validate_document(document)
    if verdict.result is None:
        return None, verdict.findings
    return verdict.result, [*verdict.findings, *file.place_findings(verdict.result, source.path)]


def _published(site: Path, sound: _Sound) -> BatchOutcome:
    page, copy = result_files(sound.entry.page)
    put(site / page, pages().result(sound.result, sound.entry, sound.findings).encode())
    put(site / copy, sound.document)
    return BatchOutcome(sound.entry.path, Known(sound.key, sound.entry, fingerprints_of(sound.result)), [])
