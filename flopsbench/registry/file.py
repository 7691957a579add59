"""Where files lie: what belongs into a registry's folder and where, found without following a single link."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.registry.moderation import FILE_NAME
from flopsbench.registry.signature import SIGNERS, SUFFIX
from flopsbench.result.codec import identity
from flopsbench.result.files import LARGEST_DOCUMENT_BYTES
from flopsbench.result.place import place as place_of
from flopsbench.result.types import Result
from flopsbench.validate.finding import Finding

LAYOUT = "v1"
BESIDE = {"README.md", FILE_NAME, SIGNERS}  # beside the layout's folder
NOT_OURS = {".git"}
DEEPEST = 3  # folders: the layout's, a device's and a year's
PLACE = re.compile(rf"{LAYOUT}/[^/]+/[0-9]{{4}}/[0-9a-f]{{16}}\.json", re.DOTALL)
ID = re.compile(rb'"id": "(sha256:[0-9a-f]{64})"')
STRAY = Finding("file.stray", "is no Result in its place, nor what may lie beside one")


class FoundFile(NamedTuple):
    """A file to be looked at, or what is wrong with it already.

    ``place`` is its path below the registry's folder, None outside of one. ``proper`` says whether that has the form of
    a published Result's.
    """

    path: str
    place: str | None
    finding: Finding | None = None

    @property
    def proper(self) -> bool:
        """Whether a Result can lie there."""
        return self.place is None or PLACE.fullmatch(self.place) is not None

    @property
    def beside(self) -> bool:
        """Whether it is what may lie beside the Results."""
        return self.finding is None and self.place in BESIDE

    @property
    def stray(self) -> Finding | None:
        """What is wrong with a file where no Result can lie; one that is a Result may say where it belongs instead."""
        return None if self.proper or self.path.endswith(SUFFIX) else STRAY


def registry_of(path: str | os.PathLike[str]) -> Path | None:
    """The registry's folder that a path is, or lies in: the one that holds ``v1``; None outside of one."""
    whole = Path(os.path.abspath(path))
    top = whole.parent if whole.name in BESIDE else whole
    if (top / LAYOUT).is_dir():
        return top
    for folder in (whole, *whole.parents):
        if folder.name == LAYOUT:
            return folder.parent
    return None


def files(path: str | os.PathLike[str]) -> Iterator[FoundFile]:
    """The files to be checked below a folder, sorted, or the one file; raise UsageError when there is nothing."""
    name, registry = os.fspath(path), registry_of(path)
    if not os.path.lexists(name):
        raise UsageError(f"{name}: there is no such file or folder")
    place = os.path.relpath(os.path.abspath(name), registry) if registry else None
    if os.path.isdir(name):
        yield from _below(name, "" if place == "." else place)
    else:
        found = _file(name, place, os.lstat(name).st_mode)
        if not found.beside:
            yield found


def _below(folder: str, place: str | None) -> Iterator[FoundFile]:
    """Depth first, in the order of names, however deep folders lie in each other."""
    waiting = [(folder, place, stat.S_IFDIR)]
    while waiting:
        path, place, mode = waiting.pop()
        if not stat.S_ISDIR(mode):
            yield from _wanted(_file(path, place, mode))
        elif place is not None and len(Path(place).parts) > DEEPEST:
            yield FoundFile(path, place, Finding("file.stray", "is a folder where only Results should be"))
        else:
            try:
                waiting += reversed(list(_inside(path, place)))
            except OSError as error:
                yield FoundFile(path, place, Finding("file.unreadable", f"cannot be read: {error.strerror}"))


def _inside(folder: str, place: str | None) -> Iterator[tuple[str, str | None, int]]:
    """Path, place and mode of whatever lies in a folder, in the order of names."""
    for name in sorted(set(os.listdir(folder)) - NOT_OURS):
        path = os.path.join(folder, name)
        yield path, None if place is None else os.path.join(place, name), os.lstat(path).st_mode


def _wanted(found: FoundFile) -> Iterator[FoundFile]:
    """Outside of a registry other files are nobody's business; in one, some may lie beside the Results."""
    if found.finding or (found.path.endswith(".json") if found.place is None else not found.beside):
        yield found


def _file(path: str, place: str | None, mode: int) -> FoundFile:
    if stat.S_ISLNK(mode):
        return FoundFile(path, place, Finding("file.symlink", "is a link: what is published is a file of its own"))
    if not stat.S_ISREG(mode):
        return FoundFile(path, place, Finding("file.unreadable", "is no regular file"))
    if place is not None and place not in BESIDE and not _can_be_ours(path, place):
        return FoundFile(path, place, STRAY)
    return FoundFile(path, place)


def _can_be_ours(path: str, place: str) -> bool:
    if place.endswith(SUFFIX):
        document = place.removesuffix(SUFFIX)
        return PLACE.fullmatch(document) is not None and os.path.isfile(path.removesuffix(SUFFIX))
    return place.endswith(".json")


def read(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file, a byte more than a document may have at most; no link is followed, no pipe waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:  # room for the largest document would cost more than all checks of a usual one
        return os.read(descriptor, min(os.fstat(descriptor).st_size, LARGEST_DOCUMENT_BYTES) + 1)
    finally:
        os.close(descriptor)


def claimed_id(document: bytes) -> str:
    """The id that the bytes of a document carry, be it theirs or not; empty without one."""
    found = ID.search(document)
    return found[1].decode() if found else ""


def has_its_bytes(document: bytes, path: str) -> bool:
    """Whether a published file holds the bytes it is named after, whatever they say."""
    claimed = claimed_id(document)
    return identity(document, claimed) == claimed and claimed[7:].startswith(Path(path).stem)


def check(result: Result, place: str | None) -> Iterator[Finding]:
    """Whether a Result lies where its device, its year and its id say."""
    if place is not None and place != (expected := place_of(result)):
        yield Finding("file.misplaced", f"belongs at {expected}")
