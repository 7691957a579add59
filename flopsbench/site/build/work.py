"""Does the part of a build that any process can do: it checks Results, and writes their pages and all other pages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from flopsbench.registry import file
from flopsbench.registry.entry import Entry, entry_findings
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
    """A SourceFile is the file of a Result, with what moderation.toml says about it.

    ``path`` lies below the registry's folder; ``page`` is the stem of its page. ``attested`` is the address of a CI
    run, ``superseded_by`` the id of another Result, ``superseded_for`` the reason, ``successor`` the stem of that
    Result's page where the site has one. ``signers`` is a digest of the known keys; None where no signature lies beside
    the file.
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
    """A Batch is the files that one process publishes in one go, from the registry's folder to the site's."""

    registry: Path
    site: Path
    sources: Sequence[SourceFile]


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """A BatchOutcome says what came of one file: it is ``known``, or it is refused for its ``findings``."""

    path: str
    known: Known | None
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Page:
    """A Page is made of many Results: ``maker`` names the method of ``Pages`` that makes it of ``content``."""

    name: str
    maker: str
    content: Sequence[Any] = ()

    @property
    def digest(self) -> bytes:
        """Return a digest of the content: pages of equal digests are equal if the same program made them."""
        return hashlib.sha256(msgspec.msgpack.encode((self.maker, self.content), enc_hook=str)).digest()


def result_files(page: str) -> tuple[str, str]:
    """Return the names of a Result's page and of the copy of its file beside it."""
    return f"results/{page}.html", f"results/{page}.json"


def publish(batch: Batch) -> list[BatchOutcome]:
    """Check every file, then write the page of each that is sound.

    All checks run before all writing: in turns, their code and data would push each other out of the CPU's caches.
    """
    checked = [_checked(batch.registry, source) for source in batch.sources]
    return [each if isinstance(each, BatchOutcome) else _published(batch.site, each) for each in checked]


def write_page(site: Path, page: Page) -> None:
    """Render a page that is made of many Results, and write it unless it is there as it should be."""
    put(site / page.name, getattr(pages(), page.maker)(*page.content).encode())


@cache
def pages() -> Pages:
    """Return the templates, which are compiled once per process."""
    return Pages()


def key(registry: Path, source: SourceFile) -> bytes | None:
    """Return the digest of all that decides how the page of a Result looks, except the program; None if unreadable."""
    try:
        return _key(source, *_read(registry, source))
    except OSError:
        return None


def _key(source: SourceFile, document: bytes, signature: bytes | None) -> bytes:
    """Return the digest of what a Result's page is made of."""
    return hashlib.sha256(msgspec.msgpack.encode((document, signature, source))).digest()


def _read(registry: Path, source: SourceFile) -> tuple[bytes, bytes | None]:
    """Return the document and the signature beside it, None without one; raise OSError where either is unreadable."""
    path = f"{registry}/{source.path}"
    return file.read_file(path), None if source.signers is None else file.read_file(path + SUFFIX)


@dataclass(frozen=True, slots=True)
class _Sound:
    """A _Sound is a Result that may be published, with its bytes and the validator's notes and reviews."""

    document: bytes
    result: Result
    entry: Entry
    findings: list[Finding]
    key: bytes


def _checked(registry: Path, source: SourceFile) -> _Sound | BatchOutcome:
    """Read and check a file; return its Result, or why it is refused."""
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
    """Return what a document says, and the findings about it as an entry in its place."""
    verdict = validate_document(document)
    if verdict.result is None:
        return None, verdict.findings
    findings = [*verdict.findings, *file.place_findings(verdict.result, source.path), *entry_findings(verdict.result)]
    return verdict.result, findings


def _published(site: Path, sound: _Sound) -> BatchOutcome:
    """Write the page of a Result and the copy of its file."""
    page, copy = result_files(sound.entry.page)
    put(site / page, pages().result(sound.result, sound.entry, sound.findings).encode())
    put(site / copy, sound.document)
    return BatchOutcome(sound.entry.path, Known(sound.key, sound.entry, fingerprints_of(sound.result)), [])
