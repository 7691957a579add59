"""How many threads a library really gets: in fresh processes, since it reads its variables when it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain

import pytest

from flopsbench.host.cpu.cores import THREAD_VARIABLES
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
