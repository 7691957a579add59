"""One side of an A/B made ready: the interpreter, the environment and the options its fresh processes run under."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from flopsbench.errors import UsageError
from flopsbench.protocol import Request
from flopsbench.result import Options
from flopsbench.track.spec import Spec
from flopsbench.worker_process import WorkerProcess

DEFAULT_INSTALL = "python -m pip install ."
TAIL_LINES = 5


@dataclass(frozen=True, slots=True)
class Arm:
    """How the fresh processes of one side are started."""

    name: str
    options: Options
    python: str = sys.executable
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def start(self, request: Request) -> WorkerProcess:
        """A worker of this side."""
        return WorkerProcess(request, self.python, self.environment)


@contextmanager
def prepared(spec: Spec, options: Options, install: str = DEFAULT_INSTALL) -> Iterator[Arm]:
    """The side that a Spec describes; a commit is checked out and installed, and removed in the end.

    Raise UsageError for an interpreter without flopsbench, a commit that is not there or an install that fails.
    """
    with ExitStack() as stack:
        python = sys.executable
        if spec.python:
            python = _interpreter(Path(spec.python))
        elif spec.git:
            python = stack.enter_context(_commit(spec.git, install))
        _check_flopsbench(python, spec)
        yield Arm(spec.text, _options(spec, options), python, {**os.environ, **spec.env})


def _options(spec: Spec, options: Options) -> Options:
    if spec.backend:
        options = replace(options, backends=[spec.backend])
    return replace(options, kernels=[spec.kernel]) if spec.kernel else options


def _interpreter(path: Path) -> str:
    """The interpreter itself, or that of a virtual environment; never resolved: a venv's link is what makes it one."""
    for candidate in (path, path / "bin" / "python"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate.absolute())
    raise UsageError(f"python={path}: neither an interpreter nor a virtual environment")


def _check_flopsbench(python: str, spec: Spec) -> None:
    if not spec.python and not spec.git:
        return
    found = subprocess.run([python, "-P", "-c", "import flopsbench.worker"], capture_output=True, text=True)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise UsageError(f"{spec.text}: flopsbench cannot start there ({last}); install it into that environment")


@contextmanager
def _commit(revision: str, install: str) -> Iterator[str]:
    """An interpreter under which the project of the current folder is installed as it was at a commit."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    if not commit:
        raise UsageError(f"git={revision}: no such commit in the repository of the current folder")
    folder = Path(tempfile.mkdtemp(prefix="flopsbench-"))
    tree = folder / "tree"
    try:
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit, check=True)
        yield _install(folder / "venv", tree, install, revision)
    finally:
        _git("worktree", "remove", "--force", str(tree))
        shutil.rmtree(folder, ignore_errors=True)


def _git(*arguments: str, check: bool = False) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise UsageError("git=...: git is not installed") from None
    if check and done.returncode:
        raise UsageError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _install(venv: Path, tree: Path, install: str, revision: str) -> str:
    """The interpreter of a fresh environment in which the install command has been run in the commit's tree.

    The environment sees the packages of this one behind its own: flopsbench and the array libraries are there, and
    what the command installs hides the rest.
    """
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, capture_output=True)
    python = venv / "bin" / "python"
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    lines = [f"import site; site.addsitedir({folder!r})" for folder in folders]
    (Path(own) / "zz_flopsbench_parent.pth").write_text("\n".join(lines) + "\n")
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["VIRTUAL_ENV"] = str(venv)
    done = subprocess.run(install, shell=True, cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-TAIL_LINES:])
        raise UsageError(f"git={revision}: {install!r} failed with {done.returncode}:\n{tail}")
    return str(python)
