"""Validates files and folders of a registry: each document by itself, all of them together, and what changed in git."""

from __future__ import annotations

import datetime
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from flopsbench.errors import DocumentRejected
from flopsbench.registry import change, file
from flopsbench.registry.entry import entry_findings
from flopsbench.registry.file import MODERATION, SIGNERS, SUFFIX, FoundFile
from flopsbench.registry.moderation import moderation_findings
from flopsbench.registry.population import Population
from flopsbench.registry.signature import judge_signature
from flopsbench.result.codec import decode
from flopsbench.result.files import read_regular
from flopsbench.result.types import Result
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """A Checked is a file with its findings; a file comes twice where all files together show more."""

    path: str
    findings: list[Finding]


def validate(
    paths: Sequence[str | os.PathLike[str]], *, changed: str | None = None, now: datetime.datetime | None = None
) -> Iterator[Checked]:
    """Check files, and all files of folders, one after the other; one bad file hides no other.

    With ``changed`` only files that are new or changed since that revision are checked by themselves; the others still
    count as their population. ``now``, with its time zone, is the time that documents are checked against. Raises
    UsageError for a path that does not exist, and where git cannot say what changed.
    """
    for path in paths:
        file.refuse_absent(path)
    now = now or datetime.datetime.now(datetime.UTC)
    differences = change.since(changed, paths) if changed is not None else None
    history: dict[str, list[Finding]] = defaultdict(list)  # by where the files lie
    for where, finding in differences.findings if differences else ():
        history[where].append(finding)
    population = Population()
    for path in paths:
        for found in file.files(path):
            if differences is not None and change.located(found.path) not in differences.changed:
                yield from _take_in(found, population)
            else:
                said = history.pop(change.located(found.path), []) if history else []
                is_entry = found.place is not None or changed is not None
                yield Checked(found.path, [*said, *_file_findings(found, population, now, is_entry)])
    yield from _together(population, differences)
    for registry in dict.fromkeys(filter(None, map(file.registry_of, paths))):
        own = change.located(registry / MODERATION)
        history[own] += moderation_findings(registry, differences is None or own in differences.changed)
    for where, findings in history.items():
        if findings:
            yield Checked(os.path.relpath(where), findings)


def _together(population: Population, differences: change.Changes | None) -> Iterator[Checked]:
    """Yield what all files together show about the files that were checked, each of these once."""
    told: dict[str, list[Finding]] = defaultdict(list)
    for name, finding in population.findings():
        if differences is None or change.located(name) in differences.changed:
            told[name].append(finding)
    yield from (Checked(name, findings) for name, findings in told.items())


def _file_findings(
    found: FoundFile, population: Population, now: datetime.datetime, is_entry: bool
) -> Iterator[Finding]:
    """Yield all findings about one file, and take a sound document into the population.

    More is asked of an entry of a registry than of a file that lies elsewhere.
    """
    if found.finding:
        yield found.finding
        return
    if found.path.endswith(SUFFIX):
        yield from _signature_findings(Path(found.path))
        return
    try:
        document = file.read_file(found.path)
    except OSError as error:
        yield file.unreadable(error)
        return
    verdict = validate_document(document, now=now)
    if verdict.result is None and found.stray:
        yield found.stray
        return
    yield from verdict.findings
    if verdict.result is not None:
        yield from file.place_findings(verdict.result, found.place)
        if is_entry:
            yield from entry_findings(verdict.result)
        if not verdict.rejected:
            population.add(found.path, verdict.result)


def _take_in(found: FoundFile, population: Population) -> Iterator[Checked]:
    """Take a file that was published before into the population, without checking it again.

    Only its id is checked: git may call a file unchanged that it wrote to disk in another form, as .gitattributes ask.
    """
    if found.finding is None and found.is_proper and not found.path.endswith(SUFFIX):
        with suppress(OSError, RecursionError, UnicodeDecodeError, msgspec.MsgspecError):
            document = file.read_file(found.path)
            if found.place and not file.has_its_bytes(document, found.path):
                yield Checked(found.path, [change.other_bytes_finding()])
            population.add(found.path, msgspec.json.decode(document, type=Result))


def _signature_findings(path: Path) -> Iterator[Finding]:
    """Yield the findings about the signature at ``path``, by the keys that the registry lists."""
    document = path.with_name(path.name.removesuffix(SUFFIX))
    registry = file.registry_of(path) or path.parent
    try:
        submitter = decode(read_regular(document)).submitter
    except DocumentRejected:
        return  # the document itself has a finding
    yield from judge_signature(document, registry / SIGNERS, submitter)[1]
