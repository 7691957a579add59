"""The CPU as one device: its memory, its caches."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from flopsbench.host import system
from flopsbench.host.cpu import device
from flopsbench.host.cpu.cores import threads
from tests.host.cpu.test_cores import groups


def test_memory_is_bounded_by_the_group(tmp_path):
    assert device.available_memory_bytes(groups(tmp_path, memory="4096")) == 4096


def test_memory_without_a_limit_is_what_the_host_has_left(tmp_path):
    assert 0 < device.available_memory_bytes(groups(tmp_path)) <= psutil.virtual_memory().total


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
        ([], device.TYPICAL_CACHE_BYTES),
        (["?"], device.TYPICAL_CACHE_BYTES),
        (["0K"], device.TYPICAL_CACHE_BYTES),
    ],
)
def test_the_last_cache_is_the_largest_or_a_typical_one(tmp_path, monkeypatch, sizes, size_bytes):
    monkeypatch.setattr(device, "CACHES", caches(tmp_path, *sizes))
    assert device.last_level_cache_bytes() == size_bytes


def test_the_cpu_is_one_device_of_all_usable_cores():
    found = device.cpu_device()
    assert (found.id, found.kind, found.index, found.uuid) == ("cpu", "cpu", 0, None)
    assert found.units == threads() >= 1
    assert found.memory_bytes == psutil.virtual_memory().total


def test_memory_that_nobody_knows_speaks_against_no_size(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "memory", lambda: None)
    assert device.available_memory_bytes(groups(tmp_path)) > 1 << 60
    assert device.available_memory_bytes(groups(tmp_path, memory="4096")) == 4096
    assert device.cpu_device().memory_bytes is None
