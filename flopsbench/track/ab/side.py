"""Makes one side of an A/B ready: the interpreter, the environment and the options its fresh processes run under."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import structs

from flopsbench.errors import UsageError
from flopsbench.host.git.checkout import find_checkout
from flopsbench.result.types import Options, Source
from flopsbench.runs.bounds.loaded import CodePlaces
from flopsbench.runs.messages import Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.runs.referee import ParentReferee
from flopsbench.track import defaults
from flopsbench.track.ab.commit import Installed, activated, find_commit, installed
from flopsbench.track.ab.spec import Spec
from flopsbench.words.reason import Reason

NOWHERE = CodePlaces()  # of a side whose code may lie anywhere


@dataclass(frozen=True, slots=True)
class Side:
    """A Side is how the fresh processes of one of the two configurations that an A/B compares are started.

    Tests and commands of the project run in ``folder``, here where that is None. ``places`` are where the project's
    code lies on this side, and where it must not come from: they are empty unless the side is a
    commit, which is its ``source`` then.
    """

    name: str
    options: Options
    python: str = sys.executable
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path | None = None
    places: CodePlaces = NOWHERE
    source: Source | None = None

    def start(self, request: Request, referee: ParentReferee) -> WorkerProcess:
        """Start a worker process of this side."""
        return WorkerProcess(request, referee, self.python, self.environment)


@contextmanager
def prepared(spec: Spec, options: Options, install: str = defaults.INSTALL) -> Iterator[Side]:
    """Yield the side that a Spec describes; a commit is checked out and installed, and removed in the end.

    Raise UsageError for an interpreter without flopsbench or a commit that is not there, InstallFailed where the
    install command fails.
    """
    with ExitStack() as stack:
        side = Side(spec.text, _options(spec, options))
        if spec.python:
            python = _interpreter(Path(spec.python))
            side = replace(side, python=python, environment=activated(python))
        elif spec.git:
            side = _of_commit(side, stack.enter_context(installed(spec.git, install)))
        side = replace(side, environment={**side.environment, **spec.env})
        if spec.python or spec.git:
            _check_flopsbench(side)
        yield side


def _of_commit(side: Side, made: Installed) -> Side:
    """Return the side that runs what was installed of a commit, in its tree."""
    checkout = find_checkout(Path())
    other = [str(checkout.top)] if checkout else []
    here = made.tree / (Path.cwd().relative_to(checkout.top.resolve()) if checkout else "")
    return replace(
        side,
        python=made.python,
        environment=activated(made.python),
        folder=here if here.is_dir() else made.tree,
        places=CodePlaces(own=[str(made.folder)], other=other),
        source=Source(commit=made.commit, committed=made.committed),
    )


def check_spec(spec: Spec) -> None:
    """Raise UsageError for an interpreter or a commit that is not there, before anything is installed."""
    if spec.python:
        _interpreter(Path(spec.python))
    if spec.git:
        find_commit(spec.git)


def _options(spec: Spec, options: Options) -> Options:
    """Return the options of the command with the backend and the kernel that the side names."""
    if spec.backend:
        options = structs.replace(options, backends=[spec.backend])
    return structs.replace(options, kernels=[spec.kernel]) if spec.kernel else options


def _interpreter(path: Path) -> str:
    """Return the interpreter itself, or that of a virtual environment; raise UsageError where it is neither.

    The path is never resolved: a virtual environment's link is what makes it one.
    """
    for candidate in (path, path / "bin" / "python"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate.absolute())
    raise UsageError(Reason("no_interpreter", path=path))


def _check_flopsbench(side: Side) -> None:
    """Raise UsageError where the interpreter of a side cannot import flopsbench."""
    command = [side.python, "-P", "-c", "import flopsbench.runs.worker"]
    try:
        found = subprocess.run(command, env=side.environment, capture_output=True, text=True)
    except OSError as error:
        raise UsageError(Reason("side_not_started", side=side.name, error=error.strerror)) from None
    if found.returncode:
        last = (found.stderr.strip().splitlines() or [Reason("ended_without_a_word")])[-1]
        raise UsageError(Reason("side_without_flopsbench", side=side.name, last=last))
