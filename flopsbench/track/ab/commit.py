"""Checks out a commit of the project in the current folder, installs it on its own, and removes it in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from flopsbench.errors import UsageError
from flopsbench.host.git import git, own_environment
from flopsbench.runs.bounds.scratch import scratch_folder
from flopsbench.track import defaults

TAIL_LINES = 15
PACKAGES = ("site-packages", "dist-packages")


def find_commit(revision: str) -> str:
    """Return the full hash of a commit; raise UsageError when the current folder's repository has none of that name."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    if not commit:
        raise UsageError(f"git={revision}: no such commit in the repository of the current folder")
    return commit


@contextmanager
def installed(revision: str, install: str = defaults.INSTALL) -> Iterator[str]:
    """Yield an interpreter under which the project is installed as it was at a commit.

    Raise UsageError for a commit that is not there or an install command that fails.
    """
    commit = find_commit(revision)
    with scratch_folder() as folder:
        tree = folder / "tree"
        try:
            _git("worktree", "add", "--quiet", "--detach", str(tree), commit, check=True)
            yield _install(folder / "venv", tree, install, revision)
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str, check: bool = False) -> str:
    """Return what git prints; raise UsageError where it is not there, and where it fails if ``check``."""
    done = git(arguments, hooks=True, timeout_s=None)
    if done is None:
        raise UsageError("git=...: git is not installed")
    if check and done.returncode:
        raise UsageError(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


def _install(venv: Path, tree: Path, install: str, revision: str) -> str:
    """Return the interpreter of a fresh environment in which the install command has been run in the commit's tree.

    The environment sees the packages of this one behind its own: flopsbench and the array libraries are there, and
    what the command installs hides the rest.
    """
    python = venv / "bin" / "python"
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**own_environment(), "PATH": path, "VIRTUAL_ENV": str(venv)}
    _run([sys.executable, "-P", "-m", "venv", str(venv)], f"git={revision}: no environment can be made")
    (own,) = (venv / "lib").glob("python*/site-packages")
    seen = [folder for folder in sys.path if Path(folder).name in PACKAGES]
    lines = [f"import site; site.addsitedir({folder!r})" for folder in seen]
    (own / "zz_flopsbench_parent.pth").write_text("\n".join(lines) + "\n")
    _run(["sh", "-c", install], f"git={revision}: {install!r} failed", tree, environment)
    return str(python)


def _run(
    command: Sequence[str], failing: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command to its end, and end all of its processes when this is interrupted.

    Raise UsageError with ``failing`` and the last lines of the output where the command fails.
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
        tail = "\n".join(told.strip().splitlines()[-TAIL_LINES:])
        raise UsageError(f"{failing} with {running.returncode}:\n{tail}")
