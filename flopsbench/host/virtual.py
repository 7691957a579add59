"""Finds out what stands between the program and the machine: hypervisor, container, quota and affinity."""

from __future__ import annotations

import os
import re
from pathlib import Path

from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.cores import affinity_cpus
from flopsbench.host.cpu.cpuinfo import clean, cpu_has_flag, cpuinfo
from flopsbench.host.trees import HERE, Places, read_text
from flopsbench.result.types import Virtualisation

DOCKER, PODMAN = Path("/.dockerenv"), Path("/run/.containerenv")  # files that each puts into its containers


# What guests' firmware calls itself. Some of these vendors make machines, too, and clouds lend whole ones ("metal").
_GUEST = re.compile(
    r"QEMU|KVM|KubeVirt|OpenStack|Bochs|VMware|VirtualBox|Xen|HVM domU|BHYVE|Parallels|Virtual Machine|Firecracker"
    r"|Cloud Hypervisor|crosvm|Apple Virtualization|Google Compute Engine|Alibaba Cloud ECS|Amazon EC2|Huawei Cloud"
    r"|Tencent Cloud|DigitalOcean|Hetzner|Nutanix AHV|RHEV|oVirt",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"metal", re.IGNORECASE)
_FIRMWARE = ("sys_vendor", "product_name", "board_vendor")


def virtualisation(places: Places = HERE) -> Virtualisation:
    """Return hypervisor, container, quota and affinity, as far as the system tells."""
    return Virtualisation(
        hypervisor=hypervisor(places),
        container=_container(),
        quota_cpus=ControlGroups.at(places).quota_cpus(),
        affinity=affinity_cpus(),
    )


def hypervisor(places: Places = HERE) -> str | None:
    """Return the name of the hypervisor, or of who runs it; None where nothing says that there is one."""
    return (system_vendor(places) or _tree_vendor(places) or "unknown") if is_virtual(places) else None


def is_virtual(places: Places = HERE) -> bool | None:
    """Return whether the machine is a hypervisor's; None where it does not say.

    An x86 processor has a flag for it. Of others the firmware's tables tell, or what stands in their place.
    """
    if cpu_has_flag("hypervisor", places):
        return True
    told = " ".join(filter(None, (_firmware(places, name) for name in _FIRMWARE)))
    if _GUEST.search(told) and not _WHOLE.search(told):
        return True
    if _tree_vendor(places) or "emulated by qemu" in cpuinfo(places):
        return True
    return cpu_has_flag("hypervisor", places)


def system_vendor(places: Places = HERE) -> str | None:
    """Return who made the machine by its firmware, which in a virtual machine names the hypervisor."""
    return _firmware(places, "sys_vendor")


def _firmware(places: Places, name: str) -> str | None:
    return clean(read_text(places.firmware / name) or "") or None


def _tree_vendor(places: Places) -> str | None:
    """Return what hypervisor a device tree names, as guests on Arm and RISC-V have one, or s390x's list of systems."""
    tree = places.proc / "device-tree"
    if told := clean(read_text(tree / "hypervisor/compatible") or ""):
        return told
    if "dummy-virt" in (read_text(tree / "compatible") or ""):
        return "QEMU"
    program = re.search(r"^VM00 Control Program:(.*)", read_text(places.proc / "sysinfo") or "", re.MULTILINE)
    return clean(program[1]) or None if program else None


def _container() -> str | None:
    """Return what kind of container this process runs in, None where nothing says that it does."""
    if DOCKER.exists():
        return "docker"
    if PODMAN.exists():
        return "podman"
    return os.environ.get("container") or ("kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else None)  # noqa: SIM112  # in small letters
