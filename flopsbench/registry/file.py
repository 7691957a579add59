"""Finds the files of a registry's folder and says which belong there and where, without following any link."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.result.codec import identity
from flopsbench.result.files import LARGEST_DOCUMENT_BYTES, flags_here
from flopsbench.result.place import NAME_DIGITS
from flopsbench.result.place import place as place_of
from flopsbench.result.types import Result
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

LAYOUT = "v1"  # the folder of all Results
MODERATION = "moderation.toml"
SIGNERS = "signers"  # in ssh's allowed_signers format: handle, namespaces="flopsbench", key
SUFFIX = ".sig"  # of the file beside a document that holds its signature
BESIDE = {"README.md", MODERATION, SIGNERS}  # files that may lie beside LAYOUT
NOT_OURS = {".git"}
DEEPEST = 3  # folders within each other: LAYOUT, one of a device and one of a year
PLACE = re.compile(rf"{LAYOUT}/[^/]+/[0-9]{{4}}/[0-9a-f]{{16}}\.json", re.DOTALL)
ID = re.compile(rb'"id": "(sha256:[0-9a-f]{64})"')
STRAY = Finding("file.stray", Reason("stray_file"))


class FoundFile(NamedTuple):
    """A FoundFile is a file to be checked; ``finding`` says what is wrong with it as a file, before it is read.

    ``place`` is its path below the registry's folder, None outside of one.
    """

    path: str
    place: str | None
    finding: Finding | None = None

    @property
    def is_proper(self) -> bool:
        """Return whether a Result can lie there: outside of a registry, or where a published one would."""
        return self.place is None or PLACE.fullmatch(self.place) is not None

    @property
    def is_beside(self) -> bool:
        """Return whether it is one of the files that may lie beside the Results."""
        return self.finding is None and self.place in BESIDE

    @property
    def stray(self) -> Finding | None:
        """Return the finding about a file where no Result can lie; of a Result itself ``place_findings`` tells more."""
        return None if self.is_proper or self.path.endswith(SUFFIX) else STRAY


def registry_of(path: str | os.PathLike[str]) -> Path | None:
    """Return the registry's folder that a path is, or lies in: the folder that holds ``v1``; None outside of one."""
    whole = Path(os.path.abspath(path))
    top = whole.parent if whole.name in BESIDE else whole
    if (top / LAYOUT).is_dir():
        return top
    for folder in (whole, *whole.parents):
        if folder.name == LAYOUT:
            return folder.parent
    return None


def files(path: str | os.PathLike[str]) -> Iterator[FoundFile]:
    """Yield the files to be checked below a folder, sorted, or the one file; raise UsageError where none is there."""
    name, registry = os.fspath(path), registry_of(path)
    refuse_absent(name)
    place = os.path.relpath(os.path.abspath(name), registry) if registry else None
    if os.path.isdir(name):
        yield from _below(name, "" if place == "." else place)
    else:
        found = _file(name, place, os.lstat(name).st_mode)
        if not found.is_beside:
            yield found


def refuse_absent(path: str | os.PathLike[str]) -> None:
    """Raise UsageError where there is nothing, not even a link."""
    if not os.path.lexists(path):
        raise UsageError(Reason("path_missing", path=os.fspath(path)))


def _below(folder: str, place: str | None) -> Iterator[FoundFile]:
    """Yield the files below a folder, depth first and in the order of names, however deep folders lie in each other."""
    waiting = [(folder, place, stat.S_IFDIR)]
    while waiting:
        path, place, mode = waiting.pop()
        if not stat.S_ISDIR(mode):
            yield from _wanted(_file(path, place, mode))
        elif place is not None and len(Path(place).parts) > DEEPEST:
            yield FoundFile(path, place, Finding("file.stray", Reason("stray_folder")))
        else:
            try:
                waiting += reversed(list(_inside(path, place)))
            except OSError as error:
                yield FoundFile(path, place, unreadable(error))


def _inside(folder: str, place: str | None) -> Iterator[tuple[str, str | None, int]]:
    """Yield path, place and mode of everything in a folder, in the order of names."""
    for name in sorted(set(os.listdir(folder)) - NOT_OURS):
        path = os.path.join(folder, name)
        yield path, None if place is None else os.path.join(place, name), os.lstat(path).st_mode


def _wanted(found: FoundFile) -> Iterator[FoundFile]:
    """Yield a file if it is to be checked.

    Outside of a registry only JSON files are. In a registry all are, except those that may lie beside the Results.
    """
    if found.finding or (found.path.endswith(".json") if found.place is None else not found.is_beside):
        yield found


def _file(path: str, place: str | None, mode: int) -> FoundFile:
    """Return a file of that mode, as ``os.lstat`` gives it, with what is wrong with it."""
    if stat.S_ISLNK(mode):
        return FoundFile(path, place, Finding("file.symlink", Reason("is_link")))
    if not stat.S_ISREG(mode):
        return FoundFile(path, place, Finding("file.unreadable", Reason("is_not_regular")))
    if place is not None and place not in BESIDE and not _can_be_ours(path, place):
        return FoundFile(path, place, STRAY)
    return FoundFile(path, place)


def _can_be_ours(path: str, place: str) -> bool:
    """Return whether a file can be a document, or the signature of a document that is there."""
    if place.endswith(SUFFIX):
        document = place.removesuffix(SUFFIX)
        return PLACE.fullmatch(document) is not None and os.path.isfile(path.removesuffix(SUFFIX))
    return place.endswith(".json")


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a file, at most one more than a document may have; raise OSError where it cannot be read.

    No link is followed, and no pipe is waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | flags_here("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
    try:  # a buffer for the largest document would cost more time than all checks of a usual one
        return os.read(descriptor, min(os.fstat(descriptor).st_size, LARGEST_DOCUMENT_BYTES) + 1)
    finally:
        os.close(descriptor)


def claimed_id(document: bytes) -> str:
    """Return the id that the bytes of a document carry, whether or not it is theirs; empty without one."""
    found = ID.search(document)
    return found[1].decode() if found else ""


def has_its_bytes(document: bytes, path: str) -> bool:
    """Return whether a published file holds the bytes it is named after, whatever they say."""
    claimed = claimed_id(document)
    return identity(document, claimed) == claimed and claimed[7:].startswith(Path(path).stem)


def ids_in(registry: Path, asked: set[str]) -> set[str]:
    """Return those of the ``asked`` ids that a file of the registry carries."""
    names = {f"{id.removeprefix('sha256:')[:NAME_DIGITS]}.json" for id in asked}
    here: set[str] = set()
    for path in [found.path for found in files(registry) if os.path.basename(found.path) in names]:
        with suppress(OSError):
            here.add(claimed_id(read_file(path)))
    return here


def unreadable(error: OSError) -> Finding:
    """Return the finding about a file or a folder that the system does not let be read."""
    return Finding("file.unreadable", Reason("cannot_be_read", error=error.strerror))


def nested_repository() -> Finding:
    """Return the finding about a folder that is a git repository within the registry's repository."""
    return Finding("file.stray", Reason("own_repository"))


def place_findings(result: Result, place: str | None) -> Iterator[Finding]:
    """Yield a finding where a Result does not lie where its device, its year and its id say."""
    if place is not None and place != (expected := place_of(result)):
        yield Finding("file.misplaced", Reason("belongs_at", place=expected))
