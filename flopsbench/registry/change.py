"""What changed in a registry since a commit: what has been published stays as it is, byte for byte and in its place.

Git is asked by its plumbing, for names alone: no hook, no filter of a diff and no renaming it may guess has a say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.git import git
from flopsbench.registry.file import PLACE, claimed_id, read, registry_of
from flopsbench.registry.moderation import FILE_NAME
from flopsbench.registry.signature import SIGNERS, SUFFIX
from flopsbench.result.place import NAME_DIGITS
from flopsbench.validate.finding import Finding

QUIET = ("--literal-pathspecs", "--no-optional-locks", "-c", "diff.external=")
MODERATED = {FILE_NAME, SIGNERS}


class Changes(NamedTuple):
    """Files that are new or changed, with the folders they lie in, and what is to be said of the changes.

    All are named as ``located`` names them.
    """

    changed: set[str]
    findings: list[tuple[str, Finding]]


def located(path: str | os.PathLike[str]) -> str:
    """Where a file lies: through links to the folders around it, and not through one in its own place."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def since(revision: str, paths: Sequence[str | os.PathLike[str]]) -> Changes:
    """Compare the working tree below the paths with the commit it and ``revision`` come from.

    Raises UsageError where there is no git, no checkout or no such revision.
    """
    changed: set[str] = set()
    findings: list[tuple[str, Finding]] = []
    for folder in {_folder(path) for path in paths}:
        top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")))
        base = _base(top, revision)
        below = [_asked(path) for path in paths if _folder(path) == folder]
        statuses = dict(_statuses(top, base, below))
        there = [top / name for name, status in statuses.items() if status != "D"]
        changed.update(str(each) for path in there for each in (path, *path.parents))
        findings += [(str(top / name), finding) for name, finding in _judged(top, statuses)]
        folders = filter(_is_repository, there)
        findings += [(str(path), Finding("file.stray", "is a repository of its own")) for path in folders]
    return Changes(changed, findings)


def _folder(path: str | os.PathLike[str]) -> Path:
    """A folder that is there, in the checkout the path belongs to."""
    whole = registry_of(path) or Path(os.path.abspath(path))
    return next(folder for folder in (whole, *whole.parents) if folder.is_dir())


def _asked(path: str | os.PathLike[str]) -> str:
    """Where the file or the folder that was asked for lies; a link to a folder is asked for what is in there."""
    return os.path.realpath(path) if os.path.isdir(path) else located(path)


def _base(top: Path, revision: str) -> str:
    commit = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", what=revision)
    return _git(top, "merge-base", commit.decode().strip(), "HEAD", what=revision).decode().strip()


def _statuses(top: Path, base: str, below: list[str]) -> Iterator[tuple[str, str]]:
    """Each changed file's path below ``top`` with A, M, D or T; files that git does not know yet are A."""
    options = ("--no-renames", "--no-ext-diff", "--no-textconv", "--name-status", "-z")
    fields = _git(top, "diff", *options, base, "--", *below).split(b"\0")
    for status, name in zip(fields[::2], fields[1::2], strict=False):
        yield os.fsdecode(name), status.decode()
    for name in _git(top, "ls-files", "--others", "-z", "--", *below).split(b"\0")[:-1]:
        yield os.fsdecode(name), "A"


def _is_repository(path: Path) -> bool:
    """Of folders git lists those alone that are a repository in the repository."""
    return path.is_dir() and not path.is_symlink() and registry_of(path) is not None


def _judged(top: Path, statuses: dict[str, str]) -> Iterator[tuple[str, Finding]]:
    added = [PurePosixPath(name) for name, status in statuses.items() if status == "A"]
    names = {path.name for path in added} | {f"{digits}.json" for digits in map(_digits, map(top.joinpath, added))}
    for name, status in sorted(statuses.items()):
        path = PurePosixPath(name)
        if path.name in MODERATED:
            yield name, Finding("change.moderation", "was changed: a person must look")
        elif status == "A" or not _is_published(name):
            continue
        elif status != "D":
            yield name, Finding("change.edited", "was published, and has been edited")
        elif path.name in names or path.name.removesuffix(SUFFIX) in names:
            yield name, Finding("change.renamed", "was published, and has been renamed")
        else:
            yield name, Finding("change.deleted", "was published, and has been deleted")


def _is_published(name: str) -> bool:
    """Whether a Result, or the signature of one, lay there."""
    last_four = "/".join(PurePosixPath(name.removesuffix(SUFFIX)).parts[-4:])
    return PLACE.fullmatch(last_four) is not None


def _digits(path: Path) -> str:
    """What a published file with this file's id is named after; empty where it has none."""
    with suppress(OSError):
        return claimed_id(read(path)).removeprefix("sha256:")[:NAME_DIGITS]
    return ""


def _git(folder: Path, *arguments: str, what: str | None = None) -> bytes:
    """What git prints; raise UsageError when it fails, about ``what`` it was asked or else with its first words."""
    done = git((*QUIET, *arguments), folder)
    if done is None:
        raise UsageError("--changed needs git, which is not installed or does not answer")
    if done.returncode and what is not None:
        raise UsageError(f"--changed {what or repr(what)}: no such commit, or none that it has in common with HEAD")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(f"--changed needs a git checkout ({said})")
    return done.stdout
