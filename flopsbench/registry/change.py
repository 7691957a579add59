"""Finds what changed in a registry since a commit: a published file must stay as it is, byte for byte, in its place.

Git is asked what commits hold, in a repository apart, so that nothing of the checkout runs; files are compared by their
bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.git.apart import Repository, apart
from flopsbench.host.git.checkout import find_checkout
from flopsbench.host.git.disk import changes
from flopsbench.host.git.program import GitFailed
from flopsbench.registry.file import (
    MODERATION,
    PLACE,
    SIGNERS,
    SUFFIX,
    claimed_id,
    nested_repository,
    read_file,
    registry_of,
)
from flopsbench.result.place import NAME_DIGITS
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

MODERATED = {MODERATION, SIGNERS}


class Changes(NamedTuple):
    """Changes are the files that are new or changed, with the folders they lie in, and the findings about the changes.

    Paths are those that ``located`` returns.
    """

    changed: set[str]
    findings: list[tuple[str, Finding]]


def located(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a file: links to the folders around it are followed, the file itself is not."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def since(revision: str, paths: Sequence[str | os.PathLike[str]]) -> Changes:
    """Compare the working tree below the paths with the commit it and ``revision`` come from.

    Raises UsageError where there is no git, no checkout or no such revision.
    """
    changed: set[str] = set()
    findings: list[tuple[str, Finding]] = []
    for folder in {_folder(path) for path in paths}:
        top, statuses = _statuses(folder, revision, [_asked(path) for path in paths if _folder(path) == folder])
        there = [top / name for name, status in statuses.items() if status != "D"]
        changed.update(str(each) for path in there for each in (path, *path.parents))
        findings += [(str(top / name), finding) for name, finding in _judged(top, statuses)]
        folders = filter(_is_repository, there)
        findings += [(str(path), nested_repository()) for path in folders]
    return Changes(changed, findings)


def other_bytes_finding() -> Finding:
    """Return the finding about a file that git calls unchanged, and whose bytes are not those of its name."""
    return Finding("change.edited", Reason("other_bytes"))


def _folder(path: str | os.PathLike[str]) -> Path:
    """Return a folder that exists, in the checkout that a path belongs to."""
    whole = registry_of(path) or Path(os.path.abspath(path))
    return next(folder for folder in (whole, *whole.parents) if folder.is_dir())


def _asked(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of what git is asked about; of a link to a folder, that of the folder."""
    return os.path.realpath(path) if os.path.isdir(path) else located(path)


def _statuses(folder: Path, revision: str, below: list[str]) -> tuple[Path, dict[str, str]]:
    """Return the top of the checkout around a folder, and the path of each changed file in it with git's letter.

    Files that git does not know yet are A. Raises UsageError where there is no checkout, or git has no answer.
    """
    try:
        checkout = find_checkout(folder)
        if checkout is None:
            raise GitFailed(Reason("folder_in_no_checkout", folder=folder))
        with apart(checkout) as repository:
            base = _base(repository, revision)
            names = [os.path.relpath(path, checkout.top) for path in below]
            return checkout.top, changes(repository, base, [] if os.curdir in names else names)
    except GitFailed as error:
        raise UsageError(Reason("changed_needs_checkout", error=error)) from None


def _base(repository: Repository, revision: str) -> str:
    """Return the commit that HEAD and the revision have in common; raise UsageError without one."""
    commit = repository.word("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    base = repository.word("merge-base", commit, "HEAD") if commit else ""
    if not base:
        raise UsageError(Reason("no_such_revision", revision=revision or repr(revision)))
    return base


def _is_repository(path: Path) -> bool:
    """Return whether a path that git lists is a folder, which git lists only where it is a repository of its own."""
    return path.is_dir() and not path.is_symlink() and registry_of(path) is not None


def _judged(top: Path, statuses: dict[str, str]) -> Iterator[tuple[str, Finding]]:
    """Yield the findings about changed files, each behind the file's path below ``top``."""
    added = [PurePosixPath(name) for name, status in statuses.items() if status == "A"]
    names = {path.name for path in added} | {f"{digits}.json" for digits in map(_digits, map(top.joinpath, added))}
    for name, status in sorted(statuses.items()):
        path = PurePosixPath(name)
        if path.name in MODERATED:
            yield name, Finding("change.moderation", Reason("was_changed"))
        elif status == "A" or not _is_published(name):
            continue
        elif status != "D":
            yield name, Finding("change.edited", Reason("was_edited"))
        elif path.name in names or path.name.removesuffix(SUFFIX) in names:
            yield name, Finding("change.renamed", Reason("was_renamed"))
        else:
            yield name, Finding("change.deleted", Reason("was_deleted"))


def _is_published(name: str) -> bool:
    """Return whether a path has the form of a published Result's, or of its signature's."""
    last_four = "/".join(PurePosixPath(name.removesuffix(SUFFIX)).parts[-4:])
    return PLACE.fullmatch(last_four) is not None


def _digits(path: Path) -> str:
    """Return the digits that a published file with this file's id is named after; empty where it has no id."""
    with suppress(OSError):
        return claimed_id(read_file(path)).removeprefix("sha256:")[:NAME_DIGITS]
    return ""
