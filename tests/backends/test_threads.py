"""How many threads a library really gets: in fresh processes, since it reads its variables when it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from flopsbench import run
from flopsbench.host.cpu.cores import THREAD_VARIABLES
from flopsbench.result.codec import encode
from flopsbench.validate.document import validate_document
from tests.backends.torch_or_skip import torch_or_skip

VARIABLES = {"OMP_NUM_THREADS", *chain.from_iterable(THREAD_VARIABLES.values())}
BEGINNING = """
from flopsbench.dtype import DTYPES
from flopsbench.host.cpu.cores import thread_variables, usable_cpus
from flopsbench.host.cpu.device import cpu_device
from flopsbench.problem import Problem
problem, device = Problem(64, 64, 64, DTYPES["fp32"]), cpu_device()
"""
NUMPY = """
from flopsbench.backends.numpy.gemm import prepare
from threadpoolctl import threadpool_info
made = prepare(problem, device)
pools = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} or {made.threads}
print(made.threads, *pools, usable_cpus(), thread_variables(made.library)[0])
"""
TORCH = """
from flopsbench.backends.torch.gemm import prepare
import torch
made = prepare(problem, device)
print(made.threads, torch.get_num_threads(), usable_cpus())
"""


def printed(code: str, **environment: str) -> list[str]:
    """What a fresh process prints in which nothing else sets a number of threads."""
    known = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=known | environment,
    )
    return done.stdout.split()


@pytest.mark.process
def test_what_the_user_sets_for_numpys_blas_stands() -> None:
    given, pool, usable, name = printed(NUMPY)
    assert given == pool == usable
    asked, held, _, _ = printed(NUMPY, **{name: "1"})
    assert asked == held == "1"
    if name != "OMP_NUM_THREADS":
        assert printed(NUMPY, **{"OMP_NUM_THREADS": "1", name: usable})[:2] == [usable, usable]
    assert printed(NUMPY, NOT_A_BLAS_NUM_THREADS="1")[0] == usable


@pytest.mark.process
def test_what_the_user_sets_for_torch_stands() -> None:
    torch_or_skip()
    given, running, usable = printed(TORCH)
    assert given == running == usable
    assert printed(TORCH, MKL_NUM_THREADS="1")[:2] == ["1", "1"]
    assert printed(TORCH, OPENBLAS_NUM_THREADS="1")[:2] == [usable, usable]


UNKNOWN = """
from flopsbench.backends.numpy.gemm import prepare
made = prepare(problem, device)
print(repr(made.library), made.threads, *made.notes)
"""
BROKEN = {
    "raises": ("raise RuntimeError('no')", "RuntimeError: no"),
    "fails": (
        "def threadpool_info(): None.split()",
        "AttributeError: 'NoneType' object has no attribute 'split'",
    ),
    "kills": ("import os; os.kill(os.getpid(), 11)", "ImportError: died by signal 11"),
    "is of another version": ("", "AttributeError: module 'threadpoolctl' has no attribute 'threadpool_info'"),
    "cannot limit": (
        "threadpool_info = list",
        "AttributeError: module 'threadpoolctl' has no attribute 'threadpool_limits'",
    ),
    "is absent": (
        "raise ModuleNotFoundError(\"No module named 'threadpoolctl'\", name=__name__)",
        "ModuleNotFoundError: No module named 'threadpoolctl'",
    ),
}


@pytest.mark.process
@pytest.mark.parametrize("how", BROKEN)
def test_without_threadpoolctl_the_library_is_unknown_and_the_reason_noted(tmp_path: Path, how: str) -> None:
    source, error = BROKEN[how]
    (tmp_path / "threadpoolctl.py").write_text(source)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    told = " ".join(printed(UNKNOWN, PYTHONPATH=path))
    assert told == f"'' None the BLAS and its threads are unknown, as threadpoolctl fails: {error}"


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("how", ["raises", "fails", "is absent"])
def test_a_run_without_threadpoolctl_measures_and_its_document_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    source, error = BROKEN[how]
    (tmp_path / "threadpoolctl.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])))
    result = run("cpu", backend="numpy", dtype="fp64", size="64", time_s=0.5, seed=1)
    (case,) = result.cases
    assert case.status == "ok", case.reason
    assert case.compute is not None
    assert (case.compute.library, case.compute.threads) == ("unnamed", None)
    assert case.compute.notes == [f"the BLAS and its threads are unknown, as threadpoolctl fails: {error}"]
    assert not [finding for finding in validate_document(encode(result)).findings if finding.level == "reject"]
