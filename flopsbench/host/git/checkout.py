"""Finds a checkout and reads its folder .git as plain data: where it stands, and its branches."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.git.program import GitFailed, complaint, git
from flopsbench.result.files import flags_here
from flopsbench.words.reason import Reason

LARGEST_BYTES = 64 * 2**20  # of a file of git's that is read whole
LARGEST_FILE_BYTES = 2**30  # of an index, and of a file that is compared with a commit
COMMIT = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
POINTS = re.compile(r"ref: *(refs/\S+)")
# What a branch may be called here; git forbids more, and is not shown what this lets through and it forbids.
BRANCH = re.compile(r"refs(/(?!\.)[^\x00-\x20\x7f~^:?*\[\\/]+(?<!\.lock)(?<!\.))+")


class Checkout(NamedTuple):
    """A Checkout is a folder with its files, and the two folders where git keeps what belongs to it.

    ``own`` holds HEAD and the index, ``shared`` the objects, branches and settings; of a linked work tree they differ.
    """

    top: Path
    own: Path
    shared: Path

    @property
    def index_file(self) -> Path | None:
        """Return the index; None where there is none yet."""
        path = self.own / "index"
        if os.path.lexists(path) and not path.is_file():
            raise GitFailed(Reason("path_not_regular", path=path))
        if path.exists() and path.stat().st_size > LARGEST_FILE_BYTES:
            raise GitFailed(Reason("path_too_large", path=path, most=LARGEST_FILE_BYTES // 2**20))
        return path if path.exists() else None

    @property
    def head(self) -> str:
        """Return the full name of the branch that is checked out, or the commit where none is."""
        text = read_text(self.own / "HEAD").strip()
        pointed = POINTS.fullmatch(text)
        if pointed and BRANCH.fullmatch(pointed[1]):
            return pointed[1]
        if COMMIT.fullmatch(text):
            return text
        raise GitFailed(Reason("head_names_nothing", path=self.own / "HEAD"))

    @property
    def branches(self) -> dict[str, str]:
        """Return all branches and tags by their full names, each with its commit, or with the name it points to."""
        found: dict[str, str] = {}
        for line in read_text(self.shared / "packed-refs", "").splitlines():
            commit, _, name = line.partition(" ")
            if COMMIT.fullmatch(commit) and BRANCH.fullmatch(name):
                found[name] = commit
        for root in dict.fromkeys((self.shared, self.own)):
            found.update(_loose(root))
        return found


def find_checkout(folder: Path) -> Checkout | None:
    """Return the checkout in which a folder lies, or None; raise GitFailed where it may not, or cannot, be read.

    What looks like a bare repository on the way is none: it could lie in any checkout as files.
    """
    try:
        start = folder.resolve()
    except (OSError, RuntimeError):  # the current folder is gone; links in a circle
        return None
    for top in (start, *start.parents):
        own = _git_folder(top)
        if own is not None:
            found = Checkout(top, own, own / read_text(own / "commondir", "").rstrip("\n"))
            if not os.path.isdir(found.shared / "objects"):
                raise GitFailed(Reason("no_git_folder", path=own))
            _refuse_strangers(found)
            return found
    return None


def read_text(path: Path, absent: str | None = None) -> str:
    """Return what a file of git's holds, or ``absent`` where there is none; no pipe or device is waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | flags_here("O_NONBLOCK", "O_CLOEXEC"))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise GitFailed(Reason("path_not_regular", path=path))
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        if absent is not None:
            return absent
        raise GitFailed(Reason("path_unread", path=path, error=error.strerror)) from None
    except OSError as error:
        raise GitFailed(Reason("path_unread", path=path, error=error.strerror)) from None
    if len(content) > LARGEST_BYTES:
        raise GitFailed(Reason("path_too_large", path=path, most=LARGEST_BYTES // 2**20))
    return os.fsdecode(content)


def _git_folder(top: Path) -> Path | None:
    """Return the folder of git that belongs to ``top``: its .git, or the one that a file of this name tells of."""
    path = top / ".git"
    if not os.path.isdir(path):
        if not os.path.lexists(path):
            return None
        told = re.fullmatch(r"gitdir: (.+?)\n*", read_text(path), re.DOTALL)
        if not told or not os.path.isdir(top / told[1]):
            raise GitFailed(Reason("names_no_git_folder", path=path))
        return top / told[1]
    return path if os.path.lexists(path / "HEAD") else None


def _refuse_strangers(found: Checkout) -> None:
    """Raise GitFailed with git's own words where a checkout is another user's, unless the user calls it safe.

    Git is asked only then: it answers before it reads anything of the checkout, or the user trusts it.
    """
    try:
        places = (found.top, found.top / ".git", found.own, found.shared)
        owners = {os.lstat(place).st_uid for place in places}
    except OSError as error:
        raise GitFailed(Reason("path_unread", path=found.shared, error=error.strerror)) from None
    if hasattr(os, "geteuid") and owners == {os.geteuid()}:
        return
    done = git(("rev-parse", "--git-dir"), found.top, {})
    if done is None or done.returncode:
        raise GitFailed(complaint(done))


def _loose(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the branches and tags that have a file each below a folder of git; no link to a folder is followed."""
    for folder, _, names in os.walk(root / "refs"):
        for path in (Path(folder, name) for name in names):
            name = path.relative_to(root).as_posix()
            if not BRANCH.fullmatch(name):
                continue
            text = read_text(path, "").strip()
            pointed = POINTS.fullmatch(text)
            if COMMIT.fullmatch(text):
                yield name, text
            elif pointed and BRANCH.fullmatch(pointed[1]):
                yield name, pointed[1]
