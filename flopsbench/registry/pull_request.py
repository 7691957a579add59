"""Makes a contribution a change to a git checkout: a branch, one commit, and a pull request by gh or by hand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.git import gh, git, git_words
from flopsbench.result.files import write, writing

README_TITLE = "# The flopsbench registry"  # tells results/ of flopsbench from the results/ of others
FORK = "flopsbench-fork"  # the name of the remote that gh adds for a fork
MAY_PUSH = {"ADMIN", "MAINTAIN", "WRITE"}
NAMES_USER = re.compile("GIT_(AUTHOR|COMMITTER)_")  # variables that override git's options
# The branch is pushed alone: a tag would name its author, and GitHub takes none of the rest.
PUSH = ("push.gpgSign=false", "push.pushOption=", "push.followTags=false", "push.recurseSubmodules=no")
CREDENTIALS = "credential.https://github.com.helper=!gh auth git-credential"  # also where git is not set to ask gh
COMPLAINT = re.compile(r"fatal:|error:|remote:|!")  # how the lines begin in which git says what went wrong


class Contribution(NamedTuple):
    """A Contribution is new files for the checkout at ``top``, with the texts of its branch, commit and pull request.

    ``files`` maps paths to contents; it is empty where an earlier call committed all of them to the branch.
    """

    top: Path
    files: Mapping[Path, bytes]
    branch: str
    title: str
    body: str
    handle: str | None

    @property
    def author(self) -> tuple[str, ...]:
        """Return options by which git names the handle alone: its own guess or setting may name the user and the host.

        The settings ``author`` and ``committer`` override ``user``. Commits are not signed, which would tell whose key
        it is.
        """
        name = self.handle or "flopsbench submit"
        email = f"{self.handle}@users.noreply.github.com" if self.handle else "submit@flopsbench.invalid"
        names = [f"{who}.{what}" for who in ("author", "committer") for what in (f"name={name}", f"email={email}")]
        return _options(*names, "commit.gpgSign=false")

    @property
    def ref(self) -> str:
        """Return the full name of the branch in this checkout."""
        return f"refs/heads/{self.branch}"

    @property
    def paths(self) -> list[str]:
        """Return the paths of the files relative to the top of the checkout."""
        return [os.path.relpath(path.resolve(), self.top.resolve()) for path in self.files]


class GitHub(NamedTuple):
    """A GitHub is the way by which gh would propose a change: the repository that gets it, and the remote to push to.

    ``remote`` is None where gh has to fork first; ``owner`` is the account that will own the branch.
    """

    upstream: str
    owner: str
    remote: str | None


def find_registry(start: Path) -> Path:
    """Return the results/ folder of the flopsbench checkout around ``start``; raise UsageError where there is none."""
    top = checkout_around(start)
    folder = top / "results" if top else start
    try:
        title = (folder / "README.md").read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        title = ""
    if top is None or title != README_TITLE:
        raise UsageError(
            "no checkout of flopsbench here: clone its repository (git clone) and run this inside, or name a "
            "results folder with --to"
        )
    return folder


def checkout_around(folder: Path) -> Path | None:
    """Return the top of the git checkout in which a folder lies, or None."""
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    done = _git_in(existing, "rev-parse", "--show-toplevel")
    return Path(done.stdout.rstrip("\n")) if done and done.returncode == 0 else None


def github_user() -> str | None:
    """Return the user's name on GitHub as git's settings have it, or None."""
    done = _git_in(None, "config", "github.user")
    return (done.stdout.strip() or None) if done else None


def missing(change: Contribution) -> dict[Path, bytes]:
    """Return the files that the change's branch does not have: all of them where there is no branch yet."""
    begun = _begun(change)
    there = [path for path in change.files if begun and is_committed(change.top, [path], begun)]
    return {path: content for path, content in change.files.items() if path not in there}


def is_begun(change: Contribution) -> bool:
    """Return whether an earlier call made the branch, in this checkout or another."""
    return _begun(change) is not None


def _begun(change: Contribution) -> str | None:
    """Return the branch that an earlier call made: here, or else as a remote was last seen to have it."""
    known = _refs(change.top, change.ref, f"refs/remotes/**/{change.branch}")
    return known[0] if known else None


def _refs(top: Path, *arguments: str) -> list[str]:
    """Return the full names of the branches that git lists for these arguments of for-each-ref."""
    return _git(top, "for-each-ref", "--format=%(refname)", *arguments, check=False).stdout.split()


def is_pushed(change: Contribution) -> bool:
    """Return whether a remote was last seen to have the branch as it is; the network is not used."""
    begun = _begun(change)
    return begun is not None and bool(_refs(change.top, "--contains", begun, f"refs/remotes/**/{change.branch}"))


def is_merged(change: Contribution) -> bool:
    """Return whether all files are committed to what is checked out, where that is not the change's own branch."""
    return _checked_out(change.top) != change.branch and is_committed(change.top, change.files)


def is_committed(top: Path, paths: Iterable[Path], revision: str = "HEAD") -> bool:
    """Return whether a commit, by default the one that is checked out, has all of these files."""
    names = [f"{revision}:{os.path.relpath(path.resolve(), top.resolve())}" for path in paths]
    return all(_git(top, "cat-file", "-e", name, check=False).returncode == 0 for name in names)


def put_files(files: Mapping[Path, bytes], undo: ExitStack) -> None:
    """Write the files that are not there yet, each whole or not at all, and let ``undo`` remove them again.

    Raises UsageError where that fails.
    """
    for path, content in files.items():
        if path.exists():
            continue
        undo.callback(_remove, path, next(folder for folder in path.parents if folder.exists()))
        with writing(path):
            write(path, content)


def _remove(path: Path, existed: Path) -> None:
    """Remove a file, and the folders that were made for it, up to ``existed``."""
    with suppress(OSError):
        path.unlink()
    for folder in path.parents:
        if folder == existed:
            break
        with suppress(OSError):
            folder.rmdir()


def commands(change: Contribution) -> list[str]:
    """Return the three git commands that make the branch, commit the files, and push, for a shell in any folder.

    Where all is committed, only the push is left. The commands switch hooks off: a hook may add a line to the message
    that names the user.
    """
    words = git_words(change.top)
    push = shlex.join([*words, *_options(*PUSH), "push", "--set-upstream", "origin", change.branch])
    if not change.files:
        return [push]
    add = shlex.join([*words, *_add(change)])
    unset = [word for name in sorted(os.environ) if NAMES_USER.match(name) for word in ("-u", name)]
    alone = ("env", *unset, "TZ=UTC", *words, *change.author)
    commit = shlex.join([*alone, "commit", "--quiet", "--message", change.title, "--", *change.paths])
    return [shlex.join([*words, "switch", *_branch(change)]), f"{add} && {commit}", push]


def _options(*settings: str) -> tuple[str, ...]:
    """Return settings as options of git."""
    return tuple(word for setting in settings for word in ("-c", setting))


def _branch(change: Contribution) -> tuple[str, ...]:
    """Return the arguments of git switch that lead to the branch, which is made where no earlier call has made it."""
    begun = _begun(change)
    if begun == change.ref:
        return (change.branch,)
    return ("--no-track", "--create", change.branch, begun or _start(change.top))


def _add(change: Contribution) -> tuple[str, ...]:
    """Return the git command that adds the files; it uses force, since the user's settings may ignore such files."""
    return ("add", "--force", "--", *change.paths)


def address(change: Contribution) -> str | None:
    """Return the page that opens a pull request for the pushed branch; None where origin is not on GitHub."""
    origin = _git(change.top, "remote", "get-url", "origin", check=False).stdout
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?\s*$", origin)
    return f"https://github.com/{found[1]}/pull/new/{change.branch}" if found else None


def _start(top: Path) -> str:
    """Return where the branch begins: at origin's head, without local commits, or else at what is checked out."""
    known = _git(top, "rev-parse", "--verify", "--quiet", "origin/HEAD", check=False).returncode == 0
    return "origin/HEAD" if known else "HEAD"


def github(top: Path) -> GitHub | None:
    """Return how gh would propose a change of this checkout; None without gh, a login or such a repository."""
    if not shutil.which("gh"):
        return None
    login = _gh(["api", "user", "--jq", ".login"], top)
    about = _gh(["repo", "view", "--json", "nameWithOwner,viewerPermission,parent"], top)
    if not login or login.returncode or not about or about.returncode:
        return None
    try:
        told = json.loads(about.stdout)
        name, parent, pushes = told["nameWithOwner"], told["parent"], told["viewerPermission"] in MAY_PUSH
        upstream = f"{parent['owner']['login']}/{parent['name']}" if parent else name
    except (ValueError, KeyError, TypeError):
        return None
    if pushes:
        return GitHub(upstream, name.partition("/")[0], "origin")
    return GitHub(upstream, login.stdout.strip(), None)


def propose(change: Contribution, target: GitHub) -> str:
    """Commit the files on a branch of their own, push it, open the pull request, and return its address.

    A failure before or during the push raises UsageError and leaves the checkout as it was. Where gh fails after the
    push, the address is that of the page on which a person opens the pull request.
    """
    there = opened(change, target)
    remote = target.remote or _fork(change.top, target.owner)
    with ExitStack() as undo:
        if change.files:
            _commit(change, undo)
        if change.files or not is_pushed(change):
            _git(change.top, *_options(CREDENTIALS, *PUSH), "push", "--quiet", "--set-upstream", remote, change.branch)
        undo.pop_all()
    try:
        return there or _open(change, target)
    except KeyboardInterrupt:  # too late to undo anything
        return _page(change, target)


def opened(change: Contribution, target: GitHub) -> str | None:
    """Return the address of the branch's pull request, or None.

    Where there is more to commit, only one that is still open counts.
    """
    if not is_begun(change):
        return None
    where = ("--repo", target.upstream, "--json", "url,state")
    done = _gh(["pr", "view", _head(change, target), *where], change.top)
    if not done or done.returncode:
        return None
    try:
        told = json.loads(done.stdout)
        address, is_open = str(told["url"]), told["state"] == "OPEN"
    except (ValueError, KeyError, TypeError):
        return None
    return address if is_open or not change.files else None


def _open(change: Contribution, target: GitHub) -> str:
    """Open the pull request for the pushed branch and return its address, or that of the page where a person can."""
    where = ("--repo", target.upstream, "--head", _head(change, target))
    done = _gh(["pr", "create", *where, "--title", change.title, "--body", change.body], change.top)
    return done.stdout.strip() if done and done.returncode == 0 else _page(change, target)


def _page(change: Contribution, target: GitHub) -> str:
    """Return the page on which a person opens the pull request."""
    return f"https://github.com/{target.upstream}/compare/{_head(change, target)}?expand=1"


def _head(change: Contribution, target: GitHub) -> str:
    """Return the branch as gh names it: behind its owner where it is a fork's."""
    return change.branch if target.upstream.startswith(f"{target.owner}/") else f"{target.owner}:{change.branch}"


def _commit(change: Contribution, undo: ExitStack) -> None:
    """Write the files and commit them to their branch, and let ``undo`` take all of it back."""
    _switch(change, undo)
    put_files(change.files, undo)
    undo.callback(_git, change.top, "reset", "--quiet", "--", *change.paths, check=False)
    _git(change.top, *_add(change))
    _git(change.top, *change.author, "commit", "--quiet", "--message", change.title, "--", *change.paths)
    undo.callback(_git, change.top, "reset", "--quiet", "--soft", "HEAD~1", check=False)


def _checked_out(top: Path) -> str:
    """Return the branch that is checked out; empty where none is."""
    return _git(top, "symbolic-ref", "--quiet", "--short", "HEAD", check=False).stdout.strip()


def _switch(change: Contribution, undo: ExitStack) -> None:
    """Switch to the branch, which is made where there is none yet, and let ``undo`` switch back."""
    branch = _checked_out(change.top)
    before = (branch,) if branch else ("--detach", _git(change.top, "rev-parse", "HEAD").stdout.strip())
    is_here = _begun(change) == change.ref
    _git(change.top, "switch", "--quiet", *_branch(change))
    if not is_here:
        undo.callback(_git, change.top, "branch", "--quiet", "-D", change.branch, check=False)
    undo.callback(_git, change.top, "switch", "--quiet", *before, check=False)


def _fork(top: Path, owner: str) -> str:
    """Return the remote of the user's fork; gh makes the fork where there is none."""
    done = _gh(["repo", "fork", "--remote", "--remote-name", FORK], top)
    remotes = _git(top, "remote", "--verbose").stdout
    found = re.search(rf"^(\S+)\t\S*[:/]{re.escape(owner)}/\S+ \(push\)$", remotes, re.MULTILINE)
    if not found:
        raise UsageError(f"gh could not fork the repository: {_reason(done)}")
    return found[1]


def _git(top: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Return the outcome of git; raise UsageError where it fails, unless ``check`` is off, or where there is no git."""
    done = _git_in(top, *arguments)
    if done is None or (check and done.returncode):
        raise UsageError(f"git failed, nothing was changed: {_reason(done)}")
    return done


def _git_in(folder: Path | None, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Return what git came to, in text."""
    return _decoded(git(arguments, folder))


def _gh(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str] | None:
    """Return what gh came to, in text."""
    return _decoded(gh(arguments, folder))


def _decoded(done: subprocess.CompletedProcess[bytes] | None) -> subprocess.CompletedProcess[str] | None:
    """Return a program's outcome; None where it is not installed, or does not answer in time or in UTF-8."""
    if done is None:
        return None
    try:
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    except UnicodeDecodeError:
        return None


def _reason(done: subprocess.CompletedProcess[str] | None) -> str:
    """Return the first complaint of a program that failed, which is the cause of the others."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] if done else []
    return next(filter(COMPLAINT.match, lines), lines[0] if lines else "it does not say why")
