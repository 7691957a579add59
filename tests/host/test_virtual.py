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


GUESTS = [
    ("QEMU", "KVM Virtual Machine"), ("Amazon EC2", "c7g.16xlarge"), ("Google", "Google Compute Engine"),
    ("Microsoft Corporation", "Virtual Machine"), ("Alibaba Cloud", "Alibaba Cloud ECS"), ("OpenStack", "Nova"),
    ("Red Hat", "KVM"), ("VMware, Inc.", "VMware20,1"), ("Huawei Cloud", "kc1"), ("Xen", "HVM domU"),
    ("Apple Inc.", "Apple Virtualization Generic Platform"), ("innotek GmbH", "VirtualBox"),
]  # fmt: skip
MACHINES = [
    ("Amazon EC2", "c7g.metal"), ("GIGABYTE", "R272-P30-JG"), ("Microsoft Corporation", "Surface Pro X"),
    ("Huawei", "TaiShan 200"), ("Google", "Kukui"), ("", ""), ("Ampere(R)", "Mt. Jade"), ("NVIDIA", "Grace CPU P5042"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vendor", "product", "guest"), [(*names, True) for names in GUESTS] + [(*names, None) for names in MACHINES]
)
def test_a_guest_on_arm_is_known_by_its_firmware(places: Places, vendor: str, product: str, guest: bool | None) -> None:
    places.cpuinfo.write_text("CPU implementer : 0x41\nCPU part : 0xd40\n")
    (places.firmware / "sys_vendor").write_text(f"{vendor}\n")
    (places.firmware / "product_name").write_text(f"{product}\n")
    assert is_virtual(places) is guest
    assert virtualisation(places).hypervisor == (vendor if guest else None)


def test_firmware_that_is_no_text_is_no_hypervisor(places: Places) -> None:
    (places.firmware / "sys_vendor").write_bytes(b"\xff\x00\x1b[1m")
    assert virtualisation(places).hypervisor is None
    (places.firmware / "product_name").write_bytes(b"\xffKVM")
    assert virtualisation(places).hypervisor == "[1m"


def test_without_firmware_tables_a_device_tree_tells(places: Places) -> None:
    tree = places.proc / "device-tree"
    (tree / "hypervisor").mkdir(parents=True)
    (tree / "compatible").write_bytes(b"linux,dummy-virt\0")
    assert virtualisation(places).hypervisor == "QEMU"
    (tree / "hypervisor/compatible").write_bytes(b"xen,xen-4.17\0xen,xen\0")
    assert virtualisation(places).hypervisor == "xen,xen-4.17 xen,xen"


def test_power_and_s390x_tell_in_files_of_their_own(places: Places) -> None:
    places.cpuinfo.write_text("cpu : POWER9 (architected)\nmachine : CHRP IBM pSeries (emulated by qemu)\n")
    assert is_virtual(places)
    places.cpuinfo.write_text("vendor_id : IBM/S390\n")
    assert is_virtual(places) is None
    (places.proc / "sysinfo").write_text("Manufacturer: IBM\nVM00 Name: guest\nVM00 Control Program: KVM/Linux\n")
    assert virtualisation(places).hypervisor == "KVM/Linux"


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
