"""Checks out a commit of the project in the current folder, installs it on its own, and removes it in the end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from flopsbench.errors import UsageError
from flopsbench.host.git.apart import apart, furnish, printed
from flopsbench.host.git.checkout import find_checkout, read_text
from flopsbench.host.git.program import GitFailed, own_environment
from flopsbench.runs.bounds.loaded import PACKAGES
from flopsbench.runs.bounds.scratch import scratch_folder
from flopsbench.text import utc
from flopsbench.track import defaults
from flopsbench.words.reason import Reason

LONGEST_CHECKOUT_S = 3600.0
TAIL_LINES = 15


class InstallFailed(UsageError):
    """InstallFailed means that the install command failed in the tree of a commit; the message has its last lines."""


def find_commit(revision: str) -> str:
    """Return the full hash of a commit; raise UsageError when the current folder's repository has none of that name."""
    try:
        with apart(find_checkout(Path())) as repository:
            commit = repository.word("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except GitFailed as error:
        raise UsageError(Reason("commit_unread", revision=revision, error=error)) from None
    if not commit:
        raise UsageError(_why_absent(revision))
    return commit


def _why_absent(revision: str) -> Reason:
    """Return why there is no commit of that name: no repository, a clone without its past, or a name of nothing."""
    checkout = find_checkout(Path())
    if checkout is None:
        return Reason("no_work_tree", revision=revision)
    shallow = read_text(checkout.shared / "shallow", "")
    if shallow:
        return Reason("commit_beyond_shallow", revision=revision)
    return Reason("no_such_commit", revision=revision)


class Installed(NamedTuple):
    """An Installed is a project as it was at a commit: its ``tree``, and the interpreter that it is installed under.

    Both lie in ``folder``. ``committed`` is when its author made the commit.
    """

    commit: str
    committed: str | None
    folder: Path
    tree: Path
    python: str


@contextmanager
def installed(revision: str, install: str = defaults.INSTALL) -> Iterator[Installed]:
    """Yield the project as it was at a commit, installed in an environment of its own.

    Raise UsageError for a commit that is not there, InstallFailed where the install command fails.
    """
    commit = find_commit(revision)
    with scratch_folder() as folder:
        tree = folder / "tree"
        _check_out(commit, tree)
        yield Installed(commit, author_date(commit), folder, tree, _install(folder / "venv", tree, install, revision))


def author_date(commit: str) -> str | None:
    """Return when the author of a commit made it, as documents write a time; None where git does not say."""
    try:
        with apart(find_checkout(Path())) as repository:
            seconds = repository.word("show", "--no-patch", "--format=%at", commit)
    except GitFailed:
        return None
    return utc(datetime.fromtimestamp(int(seconds), UTC)) if seconds.isdigit() else None


def activated(python: str) -> dict[str, str]:
    """Return the variables of a shell in which the environment of an interpreter is active."""
    place = Path(python).parent
    path = f"{place}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(place.parent)}


def _check_out(commit: str, tree: Path) -> None:
    """Write the files of a commit into a repository of their own, where the install command finds its tags.

    The programs that the checkout's settings name and its hooks do not run; those of the user's own settings do.
    """
    try:
        tree.mkdir()
        repository = furnish(tree, find_checkout(Path()))
        printed(repository.ask("checkout", "--quiet", "--detach", "--force", commit, timeout_s=LONGEST_CHECKOUT_S))
    except GitFailed as error:
        raise UsageError(Reason("not_checked_out", commit=commit, error=error)) from None


def _install(venv: Path, tree: Path, install: str, revision: str) -> str:
    """Return the interpreter of a fresh environment in which the install command has been run in the commit's tree.

    The environment sees the packages of this one behind its own: flopsbench and the array libraries are there, and
    what the command installs hides the rest.
    """
    python = venv / "bin" / "python"
    active = {name: activated(str(python))[name] for name in ("PATH", "VIRTUAL_ENV")}
    environment = own_environment() | active
    has_pip = find_spec("pip") is not None
    alone = ["--without-pip"] if has_pip else []  # which takes seconds to install, and is seen there anyway
    making = [sys.executable, "-P", "-m", "venv", *alone, str(venv)]
    _run(making, UsageError, Reason("no_environment_made", revision=revision))
    if has_pip:
        _put_pip(python)
    (own,) = (venv / "lib").glob("python*/site-packages")
    seen = [folder for folder in sys.path if Path(folder).name in PACKAGES]
    lines = [f"import site; site.addsitedir({folder!r})" for folder in seen]
    (own / "zz_flopsbench_parent.pth").write_text("\n".join(lines) + "\n")
    told = Reason("install_failed", revision=revision, command=repr(install))
    _run(["sh", "-c", install], InstallFailed, told, tree, environment)
    return str(python)


def _put_pip(python: Path) -> None:
    """Write the program ``pip`` of an environment that sees the package of another one, and installs into its own."""
    program = python.with_name("pip")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(python))} -P -m pip "$@"\n')
    program.chmod(0o755)
    python.with_name("pip3").symlink_to(program.name)


def _run(
    command: Sequence[str],
    error: type[UsageError],
    failing: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end, and end all of its processes when this is interrupted.

    Raise ``error`` with ``failing`` and the last lines of the output where the command fails.
    """
    running = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        told, _ = running.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        raise
    if running.returncode:
        tail = "\n".join(told.strip().splitlines()[-TAIL_LINES:]) or Reason("printed_nothing")
        raise error(f"{failing} with {running.returncode}:\n{tail}")
