"""Makes a repository apart from a checkout, in which git can be asked about it and runs nothing of it.

The repository is a temporary folder with settings of ours. It borrows the checkout's objects, and gets its branches,
where it stands, and the few settings that name no program, all of them read as plain data (``checkout``). So no hook,
filter, watcher, program for ssh or credentials, or included file of the checkout is known to git. Logs of branches are
not there.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.git.checkout import COMMIT, Checkout, read_text
from flopsbench.host.git.program import Finished, GitFailed, complaint, git
from flopsbench.words.reason import Reason

OURS = """[core]
	repositoryFormatVersion = 1
	bare = false
	logAllRefUpdates = false
	commitGraph = false
	multiPackIndex = false
	splitIndex = false
	untrackedCache = false
[gc]
	auto = 0
[i18n]
	commitEncoding = UTF-8
[maintenance]
	auto = false
[submodule]
	recurse = false
"""
# Settings that name no program: how files are written to disk, where branches come from, who one is on GitHub.
HARMLESS = re.compile(
    r"core\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode)|extensions\.objectformat|github\.user"
    r"|branch\..*\.(remote|merge)|remote\..*\.(url|pushurl|fetch|gh-resolved)",
    re.DOTALL,
)
PASSING = ("FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD")  # beside HEAD, as they hold a commit

Settings = list[tuple[str, str]]


class Repository(NamedTuple):
    """A Repository lies in ``folder`` and knows what a checkout knows; without one it knows nothing."""

    folder: Path
    checkout: Checkout | None

    @property
    def git_folder(self) -> Path:
        """Return the folder of git."""
        return self.folder / ".git"

    def ask(
        self,
        *arguments: str,
        given: bytes = b"",
        index: Path | None = None,
        tree: Path | None = None,
        names: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Finished:
        """Run git here, with another ``index``, work ``tree`` or further variables; raise GitFailed without an answer.

        What git says, and whether it fails, is in what is returned.
        """
        variables = {"GIT_DIR": str(self.git_folder), "GIT_WORK_TREE": str(tree or self.folder), **(names or {})}
        if index:
            variables["GIT_INDEX_FILE"] = str(index)
        done = git(arguments, self.folder, variables, given, timeout_s)
        if done is None:
            raise GitFailed(Reason("git_absent"))
        return done

    def word(self, *arguments: str) -> str:
        """Return the one line that git prints; empty where it fails."""
        done = self.ask(*arguments)
        return os.fsdecode(done.stdout).rstrip("\n") if done.returncode == 0 else ""


def printed(done: Finished) -> bytes:
    """Return what git printed; raise GitFailed with what it says where it failed."""
    if done.returncode:
        raise GitFailed(complaint(done))
    return done.stdout


@contextmanager
def apart(checkout: Checkout | None) -> Iterator[Repository]:
    """Yield a temporary repository that knows what the checkout knows; with None it knows the user's settings alone.

    Raises GitFailed where the checkout cannot be read, or where no file can be written.
    """
    try:
        temporary = tempfile.TemporaryDirectory(prefix="flopsbench-", ignore_cleanup_errors=True)
    except OSError as error:
        raise GitFailed(Reason("no_temporary_folder", error=error.strerror)) from None
    with temporary as name:
        yield furnish(Path(name).resolve(), checkout)


def furnish(folder: Path, checkout: Checkout | None) -> Repository:
    """Return a repository in an empty folder that knows what the checkout knows; raise GitFailed as ``apart`` does."""
    made = Repository(folder, checkout)
    try:
        _begin(made.git_folder)
        if checkout:
            _fill(made, checkout)
    except OSError as error:
        raise GitFailed(Reason("folder_not_written", folder=folder, error=error.strerror)) from None
    return made


def _begin(repository: Path) -> None:
    """Write an empty repository: no template of the user's or the machine's, which could hold hooks, is taken."""
    for each in ("objects/info", "refs/heads"):
        (repository / each).mkdir(parents=True)
    _put(repository / "config", OURS)
    _put(repository / "HEAD", "ref: refs/heads/none\n")


def _fill(made: Repository, checkout: Checkout) -> None:
    """Write what the checkout knows into an empty repository."""
    repository, head = made.git_folder, checkout.head
    _put(repository / "config", OURS + "".join(_lines(_settings(made, checkout))))
    _put(repository / "HEAD", f"{head}\n" if COMMIT.fullmatch(head) else f"ref: {head}\n")
    objects = checkout.shared.resolve() / "objects"
    for path in (objects / "info/alternates", *(objects / "pack").glob("*")):
        if path.exists() and not path.is_file():  # a pipe, which git would wait for
            raise GitFailed(Reason("path_not_regular", path=path))
    _put(repository / "objects/info/alternates", f"{_quoted(str(objects))}\n")
    _put_branches(repository, checkout.branches)
    for name in PASSING:
        if held := COMMIT.match(read_text(checkout.own / name, "")):
            _put(repository / name, f"{held[0]}\n")
    if borders := COMMIT.findall(read_text(checkout.shared / "shallow", "")):
        _put(repository / "shallow", "".join(f"{commit}\n" for commit in borders))
    for part in checkout.own.glob("sharedindex.*"):  # the greater part of an index in two parts
        if part.is_file():
            (repository / part.name).symlink_to(part.resolve())


def _settings(made: Repository, checkout: Checkout) -> Settings:
    """Return the harmless settings of the checkout, in their order; git parses them and follows no inclusion."""
    path = checkout.shared / "config"
    read_text(path, "")  # refuses a pipe, which git would wait for
    if not path.exists():
        return []
    told = os.fsdecode(printed(made.ask("config", "--file", str(path.resolve()), "--no-includes", "--null", "--list")))
    pairs = [(key, value) for key, is_set, value in (each.partition("\n") for each in told.split("\0")[:-1]) if is_set]
    if dict(pairs).get("extensions.refstorage", "files") != "files":
        raise GitFailed(Reason("branches_unread", path=checkout.shared))
    return [(key, value) for key, value in pairs if HARMLESS.fullmatch(key)]


def _put_branches(repository: Path, branches: dict[str, str]) -> None:
    """Write branches and tags: those that hold a commit into one file, those that point to others each into its own."""
    packed = "".join(f"{held} {name}\n" for name, held in sorted(branches.items()) if COMMIT.fullmatch(held))
    _put(repository / "packed-refs", f"# pack-refs with: sorted \n{packed}")
    for name, held in branches.items():
        if not COMMIT.fullmatch(held):
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            _put(repository / name, f"ref: {held}\n")


def _lines(settings: Settings) -> Iterator[str]:
    """Yield settings as they stand in a file of git's."""
    for key, value in settings:
        section, _, rest = key.partition(".")
        part, _, name = rest.rpartition(".")
        yield f"[{section} {_quoted(part)}]\n" if part else f"[{section}]\n"
        yield f"\t{name} = {_quoted(value)}\n"


def _quoted(text: str) -> str:
    """Return a text in quotation marks, as git reads it in its settings and its lists of folders."""
    return '"' + re.sub(r'["\\]', r"\\\g<0>", text).replace("\n", "\\n") + '"'


def _put(path: Path, text: str) -> None:
    """Write a file of the repository."""
    path.write_bytes(os.fsencode(text))
