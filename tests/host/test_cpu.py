"""What a process may use: seen from processes that are given less."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import psutil
import pytest

from flopsbench.host import cpu
from flopsbench.host.cgroup import ControlGroups

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
    code = f"import os\n{before}\nfrom flopsbench.host.cpu import *\nprint({expression})"
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
    assert seen_by_a_process("(affinity_cpus(), usable_cpus(), threads(), cpu_device().units)", bind) == "(1, 1, 1, 1)"


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
    assert cpu.threads() == given


def test_without_omp_num_threads_every_usable_core_works(monkeypatch):
    monkeypatch.setattr(cpu, "usable_cpus", lambda: 4)
    assert cpu.threads() == 4


@pytest.mark.parametrize(
    ("environment", "library", "given"),
    [
        ({"OPENBLAS_NUM_THREADS": "1"}, "OpenBLAS 0.3.30 SkylakeX", 1),
        ({"OPENBLAS_NUM_THREADS": "1"}, "MKL 2024.2", 4),
        ({"OPENBLAS_NUM_THREADS": "1"}, None, 4),
        ({"GOTO_NUM_THREADS": "2"}, "OpenBLAS", 2),
        ({"OPENBLAS_NUM_THREADS": "3", "GOTO_NUM_THREADS": "2", "OMP_NUM_THREADS": "1"}, "OpenBLAS 0.3.30", 3),
        ({"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "1"}, None, 3),
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
def test_a_process_asked_for_one_thread_says_so():
    assert seen_by_a_process("(threads(), cpu_device().units)", OMP_NUM_THREADS="1") == "(1, 1)"


def test_memory_is_bounded_by_the_group(tmp_path):
    assert cpu.available_memory_bytes(groups(tmp_path, memory="4096")) == 4096


def test_memory_without_a_limit_is_what_the_host_has_left(tmp_path):
    assert 0 < cpu.available_memory_bytes(groups(tmp_path)) <= psutil.virtual_memory().total


def caches(folder: Path, *sizes: str) -> Path:
    for index, size in enumerate(sizes):
        (folder / f"index{index}").mkdir()
        (folder / f"index{index}" / "size").write_text(size + "\n")
    return folder


@pytest.mark.parametrize(
    ("sizes", "size_bytes"),
    [
        (["32K", "32K", "1024K", "32768K"], 32 << 20),
        (["48K", "2M"], 2 << 20),
        (["1G"], 1 << 30),
        (["512"], 512),
        ([], cpu.TYPICAL_CACHE_BYTES),
        (["?"], cpu.TYPICAL_CACHE_BYTES),
        (["0K"], cpu.TYPICAL_CACHE_BYTES),
    ],
)
def test_the_last_cache_is_the_largest_or_a_typical_one(tmp_path, monkeypatch, sizes, size_bytes):
    monkeypatch.setattr(cpu, "CACHES", caches(tmp_path, *sizes))
    assert cpu.last_level_cache_bytes() == size_bytes


AMD = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9B14\nflags\t\t: fpu avx2 hypervisor\n"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n"


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Another machine's /proc/cpuinfo; nothing remembered from this one."""
    remembered = (cpu.cpu_model, cpu.cpu_vendor)
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "cpuinfo")
    for each in remembered:
        each.cache_clear()
    yield tmp_path / "cpuinfo"
    for each in remembered:
        each.cache_clear()


def test_a_processor_is_named_as_it_names_itself(cpuinfo):
    cpuinfo.write_text(AMD)
    assert (cpu.cpu_model(), cpu.cpu_vendor()) == ("AMD EPYC 9B14", "AuthenticAMD")


def test_an_arm_core_is_named_by_its_numbers(cpuinfo):
    cpuinfo.write_text(ARM)
    assert (cpu.cpu_model(), cpu.cpu_vendor()) == ("Arm implementer 0x41 part 0xd4f", "0x41")


@pytest.mark.process  # the last resort is uname
def test_a_processor_that_says_nothing_still_has_a_name(cpuinfo):
    assert cpu.cpu_model()
    assert cpu.cpu_vendor() is None


def test_flags_are_found_as_whole_words(cpuinfo):
    cpuinfo.write_text(AMD)
    assert cpu.cpu_has_flag("hypervisor")
    assert not cpu.cpu_has_flag("avx")


def test_the_cpu_is_one_device_of_all_usable_cores():
    device = cpu.cpu_device()
    assert (device.id, device.kind, device.index, device.uuid) == ("cpu", "cpu", 0, None)
    assert device.units == cpu.threads() >= 1
    assert device.memory_bytes == psutil.virtual_memory().total


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
