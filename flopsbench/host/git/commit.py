"""Makes a commit in a repository apart, and pushes it: the checkout that it is for stays as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.git.apart import Repository, printed
from flopsbench.host.git.checkout import Checkout
from flopsbench.host.git.program import GitFailed
from flopsbench.words.reason import Reason

# The branch is pushed alone: a tag would name its author, and GitHub takes none of the rest.
PUSH = ("push.gpgSign=false", "push.pushOption=", "push.followTags=false", "push.recurseSubmodules=no")
CREDENTIALS = "credential.https://github.com.helper=!gh auth git-credential"  # also where git is not set to ask gh
ELSEWHERE = re.compile(r"[A-Za-z0-9+.-]+://|[^/]*:")  # how an address begins that is no path


class Made(NamedTuple):
    """A Made is a commit on its branch in a repository apart: what it begins at, and its new files by their paths.

    Paths are relative to the top of the checkout, and come with git's names for the bytes. Without files, the commit is
    one that the branch has already. ``left`` is the commit that is checked out.
    """

    branch: str
    left: str
    start: str
    commit: str
    files: Mapping[str, str]

    @property
    def ref(self) -> str:
        """Return the full name of the branch."""
        return f"refs/heads/{self.branch}"


def make_commit(
    repository: Repository, branch: str, start: str, files: Mapping[str, bytes], title: str, who: tuple[str, str]
) -> Made:
    """Return a commit of ``files`` on top of ``start``, with name and address of ``who``; raise GitFailed without one.

    No file is written outside of the repository, and nothing converts the bytes.
    """
    index = repository.git_folder / "index-of-commit"
    left, start = (
        printed(repository.ask("rev-parse", "--verify", f"{each}^{{commit}}")).decode().strip()
        for each in ("HEAD", start)
    )
    printed(repository.ask("read-tree", start, index=index))
    made = {}
    for path, content in files.items():
        blob = ("hash-object", "-w", "--no-filters", "--stdin")
        made[path] = printed(repository.ask(*blob, given=content)).decode().strip()
        printed(repository.ask("update-index", "--add", "--cacheinfo", f"100644,{made[path]},{path}", index=index))
    commit = start
    if files:
        tree = printed(repository.ask("write-tree", "--missing-ok", index=index)).decode().strip()
        names = {f"GIT_{role}_{what}": each for role in ("AUTHOR", "COMMITTER") for what, each in _named(who)}
        words = ("commit-tree", "--no-gpg-sign", "-p", start, "-m", title, tree)
        commit = printed(repository.ask(*words, names=names)).decode().strip()
    made_on_branch = Made(branch, left, start, commit, made)
    printed(repository.ask("update-ref", made_on_branch.ref, commit))  # refuses a name that cannot be beside others
    return made_on_branch


def push(repository: Repository, made: Made, remote: str) -> None:
    """Push the branch to a remote of the checkout; raise GitFailed where that fails, or might run what came with it.

    The address is the checkout's. Credentials, programs for ssh, proxies and other names of addresses are those of the
    user's own settings. A path in or beside the checkout can be another's repository, the hooks of which would run.
    """
    assert repository.checkout
    addresses = os.fsdecode(printed(repository.ask("remote", "get-url", "--push", "--all", remote))).splitlines()
    for address in addresses:
        if _is_own(address, repository.checkout):
            raise GitFailed(Reason("hooks_would_run", remote=remote, address=address))
    settings = [word for setting in (CREDENTIALS, *PUSH) for word in ("-c", setting)]
    printed(repository.ask(*settings, "push", "--quiet", remote, made.ref))


def _named(who: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return name and address with the ends of the variables by which git takes them."""
    return ("NAME", who[0]), ("EMAIL", who[1])


def _is_own(address: str, checkout: Checkout) -> bool:
    """Return whether an address is a path within the checkout, or one that only means something from it."""
    path = address.removeprefix("file://")
    if ELSEWHERE.match(path):
        return False
    folder = Path(path)
    own = (checkout.top, checkout.own.resolve(), checkout.shared.resolve())
    return not folder.is_absolute() or any(folder.resolve().is_relative_to(each) for each in own)
