"""Makes a contribution a change to a git checkout: a branch, one commit, and a pull request by gh or by hand.

Git and gh work in a repository apart, and the checkout is changed only after the push. Of the checkout's settings the
addresses of its remotes count, and none that names a program; those of the user, for credentials and ssh, count all.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.host.git.apart import Repository, apart
from flopsbench.host.git.checkout import find_checkout
from flopsbench.host.git.commit import PUSH, make_commit, push
from flopsbench.host.git.landing import land, refuse_unready
from flopsbench.host.git.program import Finished, GitFailed, complaint, gh, git_words
from flopsbench.result.files import can_be_written, read_regular, write, writing
from flopsbench.words.reason import Reason

README_TITLE = "# The flopsbench registry"  # tells results/ of flopsbench from the results/ of others
FORK = "flopsbench-fork"  # the name of the remote that gh adds for a fork
MAY_PUSH = {"ADMIN", "MAINTAIN", "WRITE"}
NAMES_USER = re.compile("GIT_(AUTHOR|COMMITTER)_")  # variables that override git's options


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
        name, email = self.who
        names = [f"{who}.{what}" for who in ("author", "committer") for what in (f"name={name}", f"email={email}")]
        return _options(*names, "commit.gpgSign=false")

    @property
    def who(self) -> tuple[str, str]:
        """Return the name and the address of the commit's author."""
        if self.handle:
            return self.handle, f"{self.handle}@users.noreply.github.com"
        return "flopsbench submit", "submit@flopsbench.invalid"

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
        title = read_regular(folder / "README.md").decode().partition("\n")[0]
    except (DocumentRejected, UnicodeDecodeError):
        title = ""
    if top is None or title != README_TITLE:
        raise UsageError(Reason("no_checkout_here"))
    return folder


def checkout_around(folder: Path) -> Path | None:
    """Return the top of the git checkout in which a folder lies, or None."""
    if not shutil.which("git"):
        return None
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    with _told():
        found = find_checkout(existing)
    return found.top if found else None


def github_user() -> str | None:
    """Return the user's name on GitHub as git's settings have it, or None."""
    with suppress(GitFailed), apart(find_checkout(Path())) as repository:
        return repository.word("config", "github.user").strip() or None
    return None


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
    return _word(top, "for-each-ref", "--format=%(refname)", *arguments).split()


def is_pushed(change: Contribution) -> bool:
    """Return whether a remote was last seen to have the branch as it is; the network is not used."""
    begun = _begun(change)
    return begun is not None and bool(_refs(change.top, "--contains", begun, f"refs/remotes/**/{change.branch}"))


def is_merged(change: Contribution) -> bool:
    """Return whether all files are committed to what is checked out, where that is not the change's own branch."""
    branch = _word(change.top, "symbolic-ref", "--quiet", "--short", "HEAD")
    return branch != change.branch and is_committed(change.top, change.files)


def is_committed(top: Path, paths: Iterable[Path], revision: str = "HEAD") -> bool:
    """Return whether a commit, by default the one that is checked out, has all of these files."""
    names = [f"{revision}:{os.path.relpath(path.resolve(), top.resolve())}" for path in paths]
    return all(_word(top, "rev-parse", "--verify", "--quiet", "--end-of-options", name) for name in names)


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
    origin = _word(change.top, "remote", "get-url", "origin")
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?\s*$", origin)
    return f"https://github.com/{found[1]}/pull/new/{change.branch}" if found else None


def _start(top: Path) -> str:
    """Return where the branch begins: at origin's head, without local commits, or else at what is checked out."""
    return "origin/HEAD" if _word(top, "rev-parse", "--verify", "--quiet", "origin/HEAD") else "HEAD"


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
    return GitHub(upstream, login.stdout.decode(errors="replace").strip(), None)


def propose(change: Contribution, target: GitHub) -> str:
    """Commit the files on a branch of their own, push it, open the pull request, and return its address.

    A failure before or during the push raises UsageError and leaves the checkout as it was. Where gh fails after the
    push, the address is that of the page on which a person opens the pull request. What then cannot be brought into the
    checkout raises UsageError with the address.
    """
    there = opened(change, target)
    left = _publish(change, target) if change.files or not is_pushed(change) else None
    try:
        address = there or _open(change, target)
    except KeyboardInterrupt:  # too late to undo anything
        address = _page(change, target)
    if left is not None:
        raise UsageError(Reason("proposed_without_landing", address=address, left=left))
    return address


def _publish(change: Contribution, target: GitHub) -> str | None:
    """Push the files on their branch, bring that into the checkout, and return why it stays as it was, if it does."""
    with _told(), _apart(change.top) as repository:
        remote = target.remote or _fork(repository, target.owner)
        for path in change.files:
            if not can_be_written(path, folders=True):
                raise UsageError(Reason("no_file_can_be_there", path=path))
        files = dict(zip(change.paths, change.files.values(), strict=True))
        start = _begun(change) or _start(change.top)
        made = make_commit(repository, change.branch, start, files, change.title, change.who)
        refuse_unready(repository, made)
        try:
            push(repository, made, remote)
        except KeyboardInterrupt:
            told = Reason("branch_may_be_there", branch=change.branch, remote=remote)
            raise KeyboardInterrupt(told) from None
        try:
            land(repository, made, remote, lambda undo: put_files(change.files, undo), change.who)
        except (GitFailed, UsageError) as error:
            return error.reason
        except KeyboardInterrupt:
            return None if _word(change.top, "symbolic-ref", "HEAD") == change.ref else "interrupted"
    return None


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
    return done.stdout.decode(errors="replace").strip() if done and done.returncode == 0 else _page(change, target)


def _page(change: Contribution, target: GitHub) -> str:
    """Return the page on which a person opens the pull request."""
    return f"https://github.com/{target.upstream}/compare/{_head(change, target)}?expand=1"


def _head(change: Contribution, target: GitHub) -> str:
    """Return the branch as gh names it: behind its owner where it is a fork's."""
    return change.branch if target.upstream.startswith(f"{target.owner}/") else f"{target.owner}:{change.branch}"


def _fork(repository: Repository, owner: str) -> str:
    """Return the remote of the user's fork; gh makes the fork where there is none."""
    done = gh(["repo", "fork", "--remote", "--remote-name", FORK], repository.folder)
    remotes = repository.ask("remote", "--verbose").stdout.decode(errors="replace")
    found = re.search(rf"^(\S+)\t\S*[:/]{re.escape(owner)}/\S+ \(push\)$", remotes, re.MULTILINE)
    if not found:
        raise UsageError(Reason("gh_could_not_fork", error=complaint(done)))
    return found[1]


@contextmanager
def _told() -> Iterator[None]:
    """Tell what git cannot do as an error of the user's request."""
    try:
        yield
    except GitFailed as error:
        raise UsageError(Reason("git_failed", error=error)) from None


@contextmanager
def _apart(top: Path) -> Iterator[Repository]:
    """Yield a repository that knows what the checkout at ``top`` knows; raise UsageError where there is none."""
    with _told(), apart(find_checkout(top)) as repository:
        yield repository


def _word(top: Path, *arguments: str) -> str:
    """Return what git says of the checkout, without the end of the line; empty where it has no answer."""
    with _apart(top) as repository:
        return repository.word(*arguments)


def _gh(arguments: list[str], top: Path) -> Finished | None:
    """Return what gh, which asks git where it is, came to for the checkout at ``top``."""
    with _apart(top) as repository:
        return gh(arguments, repository.folder)
