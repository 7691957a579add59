"""Compares the files of a checkout with a commit by their bytes: git itself is shown no file on disk.

So nothing that .gitattributes ask for is done. Lines that end in CR LF on disk alone are no change, as a checkout with
core.autocrlf has them: the commit that is checked out must hold the file as it was.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.git.apart import Repository, printed
from flopsbench.host.git.checkout import LARGEST_BYTES, LARGEST_FILE_BYTES
from flopsbench.result.files import flags_here

CHUNK_BYTES = 2**18
FOLDER, LINK, PLAIN, PROGRAM, OTHER = "160000", "120000", "100644", "100755", ""  # git's modes; a folder: a repository
HASHES = {40: "sha1", 64: "sha256"}  # by how many digits a name has


class Item(NamedTuple):
    """An Item is what stands under a name: git's mode, and git's name for the bytes in hexadecimal digits."""

    mode: str
    digits: str


class Disk:
    """A Disk is the files of a checkout as they are."""

    def __init__(self, repository: Repository) -> None:
        assert repository.checkout
        self._top = str(repository.checkout.top)
        self._has_modes = repository.word("config", "--get", "core.fileMode") != "false"
        self._inside = {self._top: True}

    def item(self, name: str, was: Item | None, head: Item | None) -> Item | None:
        """Return what stands under a name, ``was`` where it is the same; None where nothing does.

        ``head`` is what the commit that is checked out has there. Nothing is read where ``was`` is None.
        """
        path = os.path.join(self._top, name)
        if not self._is_inside(os.path.dirname(path)) or not os.path.lexists(path):
            return None
        try:
            return self._item(path, was, head)
        except OSError:
            return Item(OTHER, "")

    def names(self, below: Sequence[str]) -> Iterator[str]:
        """Yield the files on disk below some paths, or all; a folder that is a repository of its own as one name."""
        waiting = list(below) or [""]
        while waiting:
            name = waiting.pop()
            path = os.path.join(self._top, name)
            if os.path.islink(path) or not os.path.isdir(path):
                yield from [name] * os.path.lexists(path)
            elif name and os.path.lexists(os.path.join(path, ".git")):
                yield name
            else:
                with suppress(OSError):  # of which the validator tells
                    waiting += [os.path.join(name, each) for each in os.listdir(path) if each != ".git"]

    def _item(self, path: str, was: Item | None, head: Item | None) -> Item | None:
        """Return what stands at a path; raise OSError where it cannot be read."""
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode):
            return head if head and head.mode == FOLDER else None if was else Item(FOLDER, "")
        if stat.S_ISLNK(status.st_mode):
            link = os.fsencode(os.readlink(path))
            return Item(LINK, _digits([link], len(link), was) if was else "")
        if not stat.S_ISREG(status.st_mode):
            return Item(OTHER, "")
        mode = PROGRAM if status.st_mode & stat.S_IXUSR else PLAIN
        if was and was.mode in (PLAIN, PROGRAM) and not self._has_modes:
            mode = was.mode
        here = Item(mode, _digits_of_file(path, was) if was else "")
        is_same = was is not None and was == head and here != was and _digits_of_lines(path, was) == was.digits
        return Item(mode, was.digits) if was and is_same else here

    def _is_inside(self, folder: str) -> bool:
        """Return whether a folder is the top or lies below it with no link on the way."""
        unknown = []
        while folder not in self._inside:
            unknown.append(folder)
            folder = os.path.dirname(folder)
        is_inside = self._inside[folder]
        for each in reversed(unknown):
            is_inside = is_inside and os.path.isdir(each) and not os.path.islink(each)
            self._inside[each] = is_inside
        return is_inside


def changes(repository: Repository, base: str, below: Sequence[str]) -> dict[str, str]:
    """Return git's letter for each file that is not on disk as in the commit ``base``, by its path below the top.

    That is A for added, M for modified, D for deleted, T for another type. With paths only what lies ``below`` them.
    """
    disk, left_out = Disk(repository), _left_out(repository, below)
    before, head = _tree(repository, base, below), _tree(repository, "HEAD", below)
    found = {}
    for name in sorted({*before, *head, *disk.names(below)}):
        was = before.get(name)
        now = disk.item(name, was, head.get(name)) or left_out.get(name)
        if was is None and now is not None:
            found[name] = "A"
        elif was is not None and was != now:
            found[name] = "D" if now is None else "M" if was.mode[:2] == now.mode[:2] else "T"
    return found


def is_changed(repository: Repository) -> bool:
    """Return whether a file of the commit that is checked out is another on disk, or will be another when committed."""
    assert repository.checkout
    index = repository.checkout.index_file
    if index and repository.ask("diff-index", "--cached", "--quiet", "HEAD", index=index).returncode:
        return True
    disk, left_out = Disk(repository), _left_out(repository, ())
    return any(
        (disk.item(name, item, item) or left_out.get(name)) != item
        for name, item in _tree(repository, "HEAD", ()).items()
    )


def _tree(repository: Repository, commit: str, below: Sequence[str]) -> dict[str, Item]:
    """Return what a commit holds below some paths, or all of it."""
    listed = printed(repository.ask("ls-tree", "-r", "-z", "--full-tree", commit, "--", *below))
    return {name: Item(mode, digits) for mode, _, digits, name in _listed(listed)}


def _left_out(repository: Repository, below: Sequence[str]) -> dict[str, Item]:
    """Return what the index holds and wants nowhere on disk, as in a checkout of only some folders."""
    assert repository.checkout
    index = repository.checkout.index_file
    if index is None:
        return {}
    listed = printed(repository.ask("ls-files", "-t", "--stage", "-z", "--", *below, index=index))
    return {name: Item(mode, digits) for tag, mode, digits, _, name in _listed(listed) if tag == "S"}


def _listed(lines: bytes) -> Iterator[list[str]]:
    """Yield the words of each line in which git tells of a file, with the file's name as the last."""
    for line in lines.split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        yield [*about.decode().split(" "), os.fsdecode(name)]


def _digits_of_file(path: str, like: Item) -> str:
    """Return git's name for the bytes of a file; empty for one that is too large."""
    descriptor = os.open(path, os.O_RDONLY | flags_here("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
    with open(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        return _digits(iter(lambda: file.read(CHUNK_BYTES), b""), size, like) if size <= LARGEST_FILE_BYTES else ""


def _digits_of_lines(path: str, like: Item) -> str:
    """Return git's name for the bytes of a file if its lines ended in LF; empty for one that is too large."""
    if os.path.getsize(path) > LARGEST_BYTES:
        return ""
    lines = Path(path).read_bytes().replace(b"\r\n", b"\n")
    return _digits([lines], len(lines), like)


def _digits(parts: Iterable[bytes], size: int, like: Item) -> str:
    """Return git's name for bytes, by the same hash as another name."""
    hashed = hashlib.new(HASHES[len(like.digits)], b"blob %d\0" % size, usedforsecurity=False)
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
