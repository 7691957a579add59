"""The CPU as one device: its memory, its caches."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from flopsbench.host import system
from flopsbench.host.cpu import device
from flopsbench.host.cpu.cores import usable_cpus
from flopsbench.host.trees import Places
from tests.host.cpu.test_cores import groups


def test_memory_is_bounded_by_the_group(tmp_path):
    assert device.available_memory_bytes(groups(tmp_path, memory="4096")) == 4096


def test_memory_without_a_limit_is_what_the_host_has_left(tmp_path):
    assert 0 < device.available_memory_bytes(groups(tmp_path)) <= psutil.virtual_memory().total


def caches(root: Path, cpus: dict[int, dict[str, str]]) -> Places:
    """A machine whose CPUs have caches of these sizes, with who shares each."""
    for cpu, sizes in cpus.items():
        for index, (shared, size) in enumerate(sizes.items()):
            folder = root / f"devices/system/cpu/cpu{cpu}/cache/index{index}"
            folder.mkdir(parents=True)
            (folder / "size").write_text(size + "\n")
            (folder / "shared_cpu_list").write_text(shared.partition(" ")[0] + "\n")
    return Places(sys=root)


@pytest.mark.parametrize(
    ("sizes", "size_bytes"),
    [
        (["32K", "32K", "1024K", "32768K"], 32 << 20),
        (["48K", "2M"], 2 << 20),
        (["1G"], 1 << 30),
        (["512"], 512),
        ([], device.TYPICAL_CACHE_BYTES),
        (["?"], device.TYPICAL_CACHE_BYTES),
        (["0K"], device.TYPICAL_CACHE_BYTES),
    ],
)
def test_the_last_cache_is_the_largest_or_a_typical_one(tmp_path, sizes, size_bytes):
    machine = caches(tmp_path, {0: {f"0 L{level}": size for level, size in enumerate(sizes)}})
    assert device.last_level_cache_bytes(machine, {0}) == size_bytes


def test_every_slice_of_the_last_cache_counts_once(tmp_path):
    """A 7373X: sixteen cores, two on each of eight dies, whose third-level caches are of 96 MiB."""
    machine = caches(tmp_path, {cpu: {f"{cpu}": "512K", f"{cpu & ~1}-{cpu | 1}": "98304K"} for cpu in range(16)})
    assert device.last_level_cache_bytes(machine, range(16)) == 8 * 96 << 20
    assert device.last_level_cache_bytes(machine, {4, 5}) == 96 << 20
    assert device.last_level_cache_bytes(machine, {1, 2}) == 2 * 96 << 20


def test_one_cache_that_all_share_counts_once(tmp_path):
    machine = caches(tmp_path, {cpu: {f"{cpu}": "2048K", "0-7": "36864K"} for cpu in range(8)})
    assert device.last_level_cache_bytes(machine, range(8)) == 36 << 20


def test_caches_of_which_nobody_says_who_shares_them_are_each_cores_own(tmp_path):
    machine = caches(tmp_path, {cpu: {"": "1024K"} for cpu in range(4)})
    assert device.last_level_cache_bytes(machine, range(4)) == 4 << 20


def test_the_cpu_is_one_device_of_all_usable_cores():
    found = device.cpu_device()
    assert (found.id, found.kind, found.index, found.uuid) == ("cpu", "cpu", 0, None)
    assert found.units == usable_cpus() >= 1
    assert found.memory_bytes == psutil.virtual_memory().total


def test_memory_that_nobody_knows_speaks_against_no_size(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "memory", lambda: None)
    assert device.available_memory_bytes(groups(tmp_path)) > 1 << 60
    assert device.available_memory_bytes(groups(tmp_path, memory="4096")) == 4096
    assert device.cpu_device().memory_bytes is None
