"""One side of an A/B made ready: the interpreter, the environment and the options its fresh processes run under."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from flopsbench.errors import UsageError
from flopsbench.result.types import Options
from flopsbench.runs.messages import Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.track.ab.commit import DEFAULT_INSTALL, find, installed
from flopsbench.track.ab.spec import Spec


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
            python = stack.enter_context(installed(spec.git, install))
        arm = Arm(spec.text, _options(spec, options), python, {**os.environ, **spec.env})
        if spec.python or spec.git:
            _check_flopsbench(arm)
        yield arm


def check_spec(spec: Spec) -> None:
    """Raise UsageError for an interpreter or a commit that is not there, before anything is installed."""
    if spec.python:
        _interpreter(Path(spec.python))
    if spec.git:
        find(spec.git)


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


def _check_flopsbench(arm: Arm) -> None:
    command = [arm.python, "-P", "-c", "import flopsbench.runs.worker"]
    try:
        found = subprocess.run(command, env=arm.environment, capture_output=True, text=True)
    except OSError as error:
        raise UsageError(f"{arm.name}: cannot be started ({error.strerror})") from None
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise UsageError(f"{arm.name}: flopsbench cannot start there ({last}); install it into that environment")
