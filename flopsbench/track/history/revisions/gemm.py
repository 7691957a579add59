"""Measures GEMM at a commit of a project whose kernels are a backend: a whole run under the commit's interpreter."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from msgspec.structs import replace

from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.result.files import load
from flopsbench.result.types import Options, Result
from flopsbench.runs.bounds.scratch import scratch_folder
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.run import as_read
from flopsbench.text import first_line
from flopsbench.track.ab.ab import planned
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.alone import PROFILE
from flopsbench.words.reason import Reason


def measure_gemm(side: Side) -> Result:
    """Return the Result of a run of one side.

    Raise UsageError where nothing of the project would be measured, FlopsbenchError where the run fails.
    """
    with ParentReferee() as referee:
        _, code = planned(side, referee, 0)
    if not code.project:
        raise UsageError(Reason("side_runs_no_code", side=side.name))
    with scratch_folder() as folder:
        file = folder / "result.json"
        command = [side.python, "-P", "-m", "flopsbench", "run", *_arguments(side.options), "--json", str(file)]
        done = subprocess.run(command, env=side.environment, cwd=folder, capture_output=True, text=True)
        if not file.exists():
            told = done.stderr.strip().splitlines() or [""]
            raise FlopsbenchError(Reason("run_failed", side=side.name, code=done.returncode, why=first_line(told[-1])))
        return as_read(replace(load(file), source=side.source))


def _arguments(options: Options) -> Iterator[str]:
    """Yield the options of ``run`` that ask for this."""
    yield from ("--profile", PROFILE)
    named = {
        "device": options.devices,
        "backend": options.backends,
        "dtype": options.dtypes,
        "size": options.sizes,
        "kernel": options.kernels,
    }
    for name, values in named.items():
        if values:
            yield from (f"--{name}", ",".join(values))
