"""What a process may use: seen from processes that are given less."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu import cores as cpu

THREADS = {"OMP_NUM_THREADS", *chain.from_iterable(cpu.THREAD_VARIABLES.values())}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)


def groups(folder: Path, quota: str = "max 100000", memory: str = "max") -> ControlGroups:
    """A version 2 group with these limits."""
    for name, text in {
        "cgroup.controllers": "cpu memory",
        "cpu.max": quota,
        "memory.max": memory,
        "memory.current": "0",
        "membership": "0::/",
    }.items():
        (folder / name).write_text(text)
    return ControlGroups(folder / "membership", folder)


def seen_by_a_process(expression: str, before: str = "", **environment: str) -> str:
    """What ``expression`` of flopsbench.host.cpu is in a fresh process."""
    modules = "from flopsbench.host.cpu.cores import *\nfrom flopsbench.host.cpu.device import cpu_device"
    code = f"import os\n{before}\n{modules}\nprint({expression})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, **environment},
    )
    return done.stdout.strip()


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_a_process_bound_to_one_core_uses_one_thread():
    bind = "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    seen = "(affinity_cpus(), usable_cpus(), threads('MKL'), cpu_device().units)"
    assert seen_by_a_process(seen, bind) == "(1, 1, 1, 1)"


def test_without_affinity_every_core_counts(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cpu.affinity_cpus() == os.cpu_count()


@pytest.mark.parametrize(
    ("quota", "cores"), [("50000 100000", 1), ("100000 100000", 1), ("150000 100000", 2), ("250000 100000", 3)]
)
def test_a_quota_counts_in_whole_cores_rounded_up(tmp_path, monkeypatch, quota, cores):
    monkeypatch.setattr(cpu, "affinity_cores", lambda: 64)
    assert cpu.usable_cpus(groups(tmp_path, quota)) == cores


def test_a_quota_of_more_than_there_is_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu, "affinity_cores", lambda: 4)
    assert cpu.usable_cpus(groups(tmp_path, "800000 100000")) == 4
    assert cpu.usable_cpus(groups(tmp_path)) == 4


@pytest.mark.parametrize(
    ("asked", "given"),
    [("1", 1), ("3", 3), ("4", 4), ("64", 4), (" 2 ", 2), ("2,4", 2), ("3, 1", 3),
     ("0", 4), ("-1", 4), ("", 4), ("all", 4), ("²", 4), ("2x", 4),
     ("9" * 5000, 4)],
)  # fmt: skip
def test_omp_num_threads_can_only_ask_for_fewer_threads(monkeypatch, asked, given):
    monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert cpu.threads("OpenBLAS") == given


def test_without_omp_num_threads_every_usable_core_works(monkeypatch):
    monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
    assert cpu.threads("OpenBLAS") == 4


@pytest.mark.parametrize(
    ("environment", "library", "given"),
    [
        ({"OPENBLAS_NUM_THREADS": "1"}, "OpenBLAS 0.3.30 SkylakeX", 1),
        ({"OPENBLAS_NUM_THREADS": "1"}, "MKL 2024.2", 4),
        ({"GOTO_NUM_THREADS": "2"}, "OpenBLAS", 2),
        ({"OPENBLAS_NUM_THREADS": "3", "GOTO_NUM_THREADS": "2", "OMP_NUM_THREADS": "1"}, "OpenBLAS 0.3.30", 3),
        ({"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "1"}, "MKL 2024.2", 1),
        ({"OPENBLAS_NUM_THREADS": "all", "OMP_NUM_THREADS": "2"}, "OpenBLAS", 2),
        ({"MKL_NUM_THREADS": "2", "OMP_NUM_THREADS": "1"}, "MKL 2024.2", 2),
        ({"MKL_NUM_THREADS": "2"}, "oneDNN 3.12.0", 2),
        ({"BLIS_NUM_THREADS": "2"}, "BLIS 4.1 zen4", 2),
        ({"VECLIB_MAXIMUM_THREADS": "2"}, "accelerate", 2),
        ({"OPENBLAS_NUM_THREADS": "64"}, "OpenBLAS", 4),
        ({"OPENBLAS_NUM_THREADS": "1"}, "abacus 1", 4),
        ({"OMP_NUM_THREADS": "1"}, "abacus 1", 1),
    ],
)
def test_each_library_heeds_its_own_variable_before_that_of_all(monkeypatch, environment, library, given):
    monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert cpu.threads(library) == given


@pytest.mark.process
@pytest.mark.parametrize("name", sorted(THREADS))
def test_no_variable_takes_cores_from_the_device(name):
    """The ceiling is that of the cores that could work: else one who asks for one thread would miss nothing."""
    assert seen_by_a_process("cpu_device().units == usable_cpus()", **{name: "1"}) == "True"


# --- cores and hardware threads


def test_two_hardware_threads_of_a_core_are_one_core(tmp_path, monkeypatch):
    for number, siblings in enumerate(("0,4", "1,5", "2,6", "3,7") * 2):
        folder = tmp_path / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings + "\n")
    for affinity, cores in ((range(8), 4), (range(4), 4), ((0, 4), 1), ((0, 1, 4), 2)):
        monkeypatch.setattr(cpu, "_affinity", lambda affinity=affinity: set(affinity))
        assert cpu.affinity_cores(tmp_path) == cores


def test_where_nothing_is_said_of_siblings_every_cpu_is_a_core(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu, "_affinity", lambda: {0, 1, 2})
    assert cpu.affinity_cores(tmp_path) == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_what_is_started_on_some_cpus_runs_there_and_this_process_where_it_did():
    before = os.sched_getaffinity(0)
    with cpu.running_on({min(before)}):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
    with cpu.running_on(()):
        assert os.sched_getaffinity(0) == before
    with cpu.running_on({4095}):  # which no system here has
        assert os.sched_getaffinity(0) == before


def test_where_there_is_no_affinity_nothing_is_moved(monkeypatch):
    monkeypatch.setattr(cpu, "allowed_cpus", lambda: None)
    with cpu.running_on({0}):
        pass
