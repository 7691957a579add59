"""What stands between the program and the machine, as trees of files tell it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flopsbench.host import virtual
from flopsbench.host.trees import Places
from flopsbench.host.virtual import is_virtual, virtualisation


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Empty trees, with a folder for the firmware's tables."""
    found = Places(tmp_path / "sys", tmp_path / "proc")
    found.firmware.mkdir(parents=True)
    found.proc.mkdir()
    return found


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_affinity_is_what_the_process_has() -> None:
    assert virtualisation().affinity == len(os.sched_getaffinity(0))


def test_a_hypervisor_is_named_by_the_firmware(places: Places) -> None:
    places.cpuinfo.write_text("flags : fpu hypervisor\n")
    assert virtualisation(places).hypervisor == "unknown"
    (places.firmware / "sys_vendor").write_text("QEMU\n")
    assert virtualisation(places).hypervisor == "QEMU"


def test_bare_metal_has_no_hypervisor(places: Places) -> None:
    places.cpuinfo.write_text("flags : fpu sse2\n")
    (places.firmware / "sys_vendor").write_text("Dell Inc.\n")
    assert virtualisation(places).hypervisor is None


@pytest.mark.parametrize("cpuinfo", ["", "flags :\n\nprocessor : hypervisor\n", "CPU implementer : 0x41\n"])
def test_a_processor_without_flags_does_not_say(places: Places, cpuinfo: str) -> None:
    places.cpuinfo.write_text(cpuinfo)
    assert is_virtual(places) is None


def test_the_quota_is_that_of_the_same_trees(places: Places) -> None:
    (places.proc / "self").mkdir()
    (places.proc / "self/cgroup").write_text("0::/\n")
    groups = places.sys / "fs/cgroup"
    groups.mkdir(parents=True)
    (groups / "cgroup.controllers").write_text("cpu")
    (groups / "cpu.max").write_text("50000 100000")
    assert virtualisation(places).quota_cpus == 0.5


def test_a_container_is_known_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER", "PODMAN"):
        monkeypatch.setattr(virtual, name, tmp_path / name)
    monkeypatch.setenv("container", "lxc")
    assert virtualisation().container == "lxc"
    (tmp_path / "PODMAN").touch()
    assert virtualisation().container == "podman"
    (tmp_path / "DOCKER").touch()
    assert virtualisation().container == "docker"
