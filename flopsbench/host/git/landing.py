"""Brings a commit that was made apart into its checkout: all of it, or nothing.

Everything is written under the locks by which git keeps others out, and put in place at the end by renames alone. So
neither a lock of another git, nor a full disk, nor a signal leaves a branch, a changed HEAD or index behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from flopsbench.host.git.apart import Repository, printed
from flopsbench.host.git.checkout import Checkout, read_text
from flopsbench.host.git.commit import Made
from flopsbench.host.git.program import GitFailed
from flopsbench.host.parent import ASKING
from flopsbench.result.files import flags_here
from flopsbench.words.reason import Reason

BUSY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
LOCK = ".lock"

Put = Callable[[ExitStack], None]


def refuse_unready(repository: Repository, made: Made) -> None:
    """Raise GitFailed where the commit could not be brought into the checkout, before it is pushed."""
    checkout = _checkout(repository)
    for path in (*_targets(checkout, made, []), checkout.shared / "packed-refs"):
        _refuse_lock(path)
        if path.is_dir():
            raise GitFailed(Reason("path_is_folder", path=path))
        folder = next(each for each in path.parents if each.exists())
        if not os.access(folder, os.W_OK):
            raise GitFailed(Reason("folder_unwritable", folder=folder))
    for name in BUSY if made.files else ():
        if os.path.lexists(checkout.own / name):
            raise GitFailed(Reason("git_operation_open", path=checkout.own / name))
    for other in (checkout.shared, *(checkout.shared / "worktrees").glob("*")):
        if other.resolve() != checkout.own.resolve() and read_text(other / "HEAD", "") == f"ref: {made.ref}\n":
            raise GitFailed(Reason("branch_checked_out", branch=made.branch))
    if made.files:
        index = _copy_of_index(repository)
        if _moves(repository, made):
            _move(repository, made, index, "--dry-run")


def land(repository: Repository, made: Made, remote: str, put: Put, who: tuple[str, str]) -> None:
    """Bring the commit in, with what is known of its branch at the remote, and check the branch out.

    ``put`` writes the files and lets its argument remove them again. Raises GitFailed, or what ``put`` raises, with the
    checkout as it was.
    """
    checkout = _checkout(repository)
    before = checkout.head
    pushed = ("for-each-ref", "--format=%(refname)", "--points-at", made.commit, f"refs/remotes/**/{made.branch}")
    seen = repository.word(*pushed).splitlines()
    with ExitStack() as undo:
        try:
            locks = {path: _lock(path, undo) for path in _targets(checkout, made, seen)}
            _copy_objects(repository.git_folder / "objects", checkout.shared / "objects", undo)
            contents = _contents(repository, made, remote, seen)
            if made.files:
                contents[checkout.own / "index"] = _index(repository, made, put, undo)
            for path, content in contents.items():
                _fill(locks[path], path, content)
            with _undisturbed():
                for path in contents:
                    os.replace(locks[path], path)
                undo.pop_all()
                if before != made.ref and made.files:
                    _note(checkout, made, before, who)
        except OSError as error:
            raise GitFailed(
                Reason("folder_not_written", folder=error.filename or checkout.shared, error=error.strerror)
            ) from None


def _checkout(repository: Repository) -> Checkout:
    """Return the checkout that a repository was made from."""
    assert repository.checkout
    return repository.checkout


def _targets(checkout: Checkout, made: Made, seen: list[str]) -> list[Path]:
    """Return the files of git's that are to be written, in the order in which they are put in place."""
    found = [checkout.shared / made.ref, checkout.own / "index", checkout.own / "HEAD"] if made.files else []
    found += [checkout.shared / name for name in seen]
    return [*found, (checkout.shared / "config").resolve()]


def _contents(repository: Repository, made: Made, remote: str, seen: list[str]) -> dict[Path, bytes]:
    """Return what the files of git's are to hold, but for the index, which is made with the files on disk."""
    checkout = _checkout(repository)
    names = [made.ref, *seen] if made.files else seen
    contents = {checkout.shared / name: f"{made.commit}\n".encode() for name in names}
    contents[(checkout.shared / "config").resolve()] = _config(repository, made, remote)
    if made.files:
        contents[checkout.own / "HEAD"] = f"ref: {made.ref}\n".encode()
    return contents


def _config(repository: Repository, made: Made, remote: str) -> bytes:
    """Return the checkout's settings with the branch's remote, and with the remote itself where it is new."""
    copy = repository.git_folder / "config-of-checkout"
    copy.write_bytes(os.fsencode(read_text(_checkout(repository).shared / "config", "")))
    ours = ("config", "--file", str(copy), "--no-includes")
    for what in ("url", "fetch"):
        key = f"remote.{remote}.{what}"
        told = repository.word("config", "--get", key)
        if told and repository.ask(*ours, "--get", key).returncode:
            printed(repository.ask(*ours, key, told))
    printed(repository.ask(*ours, f"branch.{made.branch}.remote", remote))
    printed(repository.ask(*ours, f"branch.{made.branch}.merge", made.ref))
    return copy.read_bytes()


def _index(repository: Repository, made: Made, put: Put, undo: ExitStack) -> bytes:
    """Write the files of the branch to disk, and return the index with them."""
    index = _copy_of_index(repository)
    if _moves(repository, made):
        undo.callback(_move_back, repository, made)
        _move(repository, made, index)
    put(undo)
    for path, blob in made.files.items():
        printed(repository.ask("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index))
    _refresh(repository, index)
    return index.read_bytes()


def _moves(repository: Repository, made: Made) -> bool:
    """Return whether files other than the new ones differ between what is checked out and where the commit begins."""
    here, there = (repository.word("rev-parse", f"{commit}^{{tree}}") for commit in (made.left, made.start))
    return here != there


def _move(repository: Repository, made: Made, index: Path, *options: str) -> None:
    """Write to disk and into the index what differs; raise GitFailed where that would lose a change of the user's."""
    top = _checkout(repository).top
    _refresh(repository, index)
    words = ("read-tree", *options, "-m", "-u", made.left, made.start)
    printed(repository.ask(*words, index=index, tree=top))


def _refresh(repository: Repository, index: Path) -> None:
    """Let an index know that files are on disk as it holds them; no repository within the checkout is looked into."""
    options = ("-q", "--ignore-submodules", "--refresh")
    repository.ask("update-index", *options, index=index, tree=_checkout(repository).top)


def _move_back(repository: Repository, made: Made) -> None:
    """Write to disk again what the index of the checkout holds of the files that differ, and remove the others."""
    top = _checkout(repository).top
    differing = repository.ask("diff-tree", "-r", "-z", "--name-only", "--no-renames", made.left, made.start).stdout
    index = _copy_of_index(repository)
    held = set(repository.ask("ls-files", "-z", index=index).stdout.split(b"\0"))
    names = [name for name in differing.split(b"\0") if name]
    for name in names:
        if name not in held:
            with suppress(OSError):
                (top / os.fsdecode(name)).unlink()
    given = b"".join(name + b"\0" for name in names if name in held)
    repository.ask("checkout-index", "--force", "--quiet", "-z", "--stdin", given=given, index=index, tree=top)


def _copy_of_index(repository: Repository) -> Path:
    """Return a fresh copy of the checkout's index, which may be none, with its time, by which git tells what is new."""
    copy, index = repository.git_folder / "index-of-checkout", _checkout(repository).index_file
    copy.unlink(missing_ok=True)
    if index:
        shutil.copy2(index, copy)
    return copy


def _copy_objects(made: Path, kept: Path, undo: ExitStack) -> None:
    """Copy what the commit is made of to the objects of the checkout, each whole or not at all."""
    for path in sorted(made.glob("[0-9a-f][0-9a-f]/*")):
        target = kept / path.parent.name / path.name
        if target.exists():
            continue
        if not target.parent.exists():
            target.parent.mkdir()
            undo.callback(_remove_folder, target.parent)
        undo.callback(target.unlink, missing_ok=True)
        partial = target.with_name(f"tmp_obj_{path.name[:12]}")  # a name that git itself takes away when it is left
        undo.callback(partial.unlink, missing_ok=True)
        shutil.copyfile(path, partial)
        partial.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        partial.replace(target)


def _remove_folder(folder: Path) -> None:
    """Remove a folder if it is empty."""
    with suppress(OSError):
        folder.rmdir()


def _refuse_lock(path: Path) -> None:
    """Raise GitFailed where a file of git's is locked."""
    lock = path.with_name(path.name + LOCK)
    if os.path.lexists(lock):
        raise GitFailed(Reason("git_locked", path=lock))


def _lock(path: Path, undo: ExitStack) -> Path:
    """Lock a file of git's as git does, and let ``undo`` unlock it."""
    for folder in reversed([each for each in path.parents if not each.exists()]):
        folder.mkdir()
        undo.callback(_remove_folder, folder)
    lock = path.with_name(path.name + LOCK)
    _refuse_lock(path)
    os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | flags_here("O_CLOEXEC"), 0o666))
    undo.callback(lock.unlink, missing_ok=True)
    return lock


def _fill(lock: Path, path: Path, content: bytes) -> None:
    """Write into a lock what its file is to hold, so that it stays through a loss of power."""
    with lock.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        shutil.copymode(path, lock)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the signals that ask for an end wait."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where a Ctrl-C may come between two files
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _note(checkout: Checkout, made: Made, before: str, who: tuple[str, str]) -> None:
    """Note in git's log of what was checked out where the checkout comes from, as ``git switch -`` asks it."""
    left = before.removeprefix("refs/heads/")
    line = f"{made.left} {made.commit} {who[0]} <{who[1]}> {int(time.time())} +0000\t"
    line += f"checkout: moving from {left} to {made.branch}\n"
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_APPEND | flags_here("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")
        with open(os.open(checkout.own / "logs" / "HEAD", flags), "ab") as log:
            if stat.S_ISREG(os.fstat(log.fileno()).st_mode):
                log.write(os.fsencode(line))
