"""The one validator: for the command line, for CI, for whoever contributes and for any server."""

from __future__ import annotations

import datetime
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.registry import change, file, signature
from flopsbench.registry.file import FoundFile
from flopsbench.registry.moderation import FILE_NAME, Moderation
from flopsbench.registry.population import Population
from flopsbench.result.codec import decode
from flopsbench.result.files import read_bytes
from flopsbench.result.place import NAME_DIGITS
from flopsbench.result.types import Result
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """A file with what is to be said of it; it comes again where all files together say more."""

    path: str
    findings: list[Finding]


def validate(
    paths: Sequence[str | os.PathLike[str]], *, changed: str | None = None, now: datetime.datetime | None = None
) -> Iterator[Checked]:
    """Check files, and all files of folders, one after the other; one bad file hides no other.

    With ``changed`` only files that are new or changed since that revision are checked one by one, against all others
    as their population. Raises UsageError for a path that does not exist, and where git cannot say what changed.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{os.fspath(path)}: there is no such file or folder")
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
                yield Checked(found.path, [*said, *_file(found, population, now)])
    yield from _together(population, differences)
    for registry in dict.fromkeys(filter(None, map(file.registry_of, paths))):
        own = change.located(registry / FILE_NAME)
        history[own] += _moderation(registry, differences is None or own in differences.changed)
    for where, findings in history.items():
        if findings:
            yield Checked(os.path.relpath(where), findings)


def _together(population: Population, differences: change.Changes | None) -> Iterator[Checked]:
    """What all files together say of those that were checked, each once."""
    told: dict[str, list[Finding]] = defaultdict(list)
    for name, finding in population.findings():
        if differences is None or change.located(name) in differences.changed:
            told[name].append(finding)
    yield from (Checked(name, findings) for name, findings in told.items())


def _file(found: FoundFile, population: Population, now: datetime.datetime) -> Iterator[Finding]:
    """Everything about one file of a folder."""
    if found.finding:
        yield found.finding
        return
    if found.path.endswith(signature.SUFFIX):
        yield from _signature(Path(found.path))
        return
    try:
        document = file.read(found.path)
    except OSError as error:
        yield Finding("file.unreadable", f"cannot be read: {error.strerror}")
        return
    verdict = validate_document(document, now=now)
    if verdict.result is None and found.stray:
        yield found.stray
        return
    yield from verdict.findings
    if verdict.result is not None:
        yield from file.check(verdict.result, found.place)
        if not verdict.rejected:
            population.add(found.path, verdict.result)


def _take_in(found: FoundFile, population: Population) -> Iterator[Checked]:
    """A file that was published before: it is not judged again, but others are judged by it.

    Git may call a file unchanged that it wrote to disk in another form, as .gitattributes tell it to: the id tells.
    """
    if found.finding is None and found.proper and not found.path.endswith(signature.SUFFIX):
        with suppress(OSError, RecursionError, UnicodeDecodeError, msgspec.MsgspecError):
            document = file.read(found.path)
            if found.place and not file.has_its_bytes(document, found.path):
                sentence = "was published, and no longer holds the bytes it is named after"
                yield Checked(found.path, [Finding("change.edited", sentence)])
            population.add(found.path, msgspec.json.decode(document, type=Result))


def _signature(path: Path) -> Iterator[Finding]:
    """The signature at ``path``, by the keys that the registry lists."""
    document = path.with_name(path.name.removesuffix(signature.SUFFIX))
    registry = file.registry_of(path) or path.parent
    try:
        submitter = decode(read_bytes(document)).submitter
    except DocumentRejected:
        return  # told of the document itself
    yield from signature.judge(document, registry / signature.SIGNERS, submitter)[1]


def _moderation(registry: Path, changed: bool) -> Iterator[Finding]:
    """What is wrong with ``moderation.toml``; whether each Result is there is asked where the file has changed."""
    try:
        moderation = Moderation.load(registry)
    except DocumentRejected as error:
        yield Finding("moderation.invalid", str(error).removeprefix(f"{registry / FILE_NAME}: "))
        return
    named = moderation.named if changed else []
    here = _ids(registry, {id for _, id in named}) if named else set()
    for table, id in named:
        if id not in here:
            yield Finding("moderation.unknown", f"names a Result that is not here: {id}", table)


def _ids(registry: Path, asked: set[str]) -> set[str]:
    """Which of these ids files of the registry carry."""
    names = {f"{id[7 : 7 + NAME_DIGITS]}.json" for id in asked}
    paths = [found.path for found in file.files(registry) if os.path.basename(found.path) in names]
    here: set[str] = set()
    for path in paths:
        with suppress(OSError):
            here.add(file.claimed_id(file.read(path)))
    return here
