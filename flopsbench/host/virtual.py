"""Finds out what stands between the program and the machine: hypervisor, container, quota and affinity."""

from __future__ import annotations

import os
from pathlib import Path

from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu import affinity_cpus, cpu_has_flag
from flopsbench.host.trees import HERE, Places, read_text
from flopsbench.result.types import Virtualisation

DOCKER, PODMAN = Path("/.dockerenv"), Path("/run/.containerenv")  # files that each puts into its containers


def virtualisation(places: Places = HERE) -> Virtualisation:
    """Return hypervisor, container, quota and affinity, as far as the system tells."""
    return Virtualisation(
        hypervisor=(system_vendor(places) or "unknown") if is_virtual(places) else None,
        container=_container(),
        quota_cpus=ControlGroups.at(places).quota_cpus(),
        affinity=affinity_cpus(),
    )


def is_virtual(places: Places = HERE) -> bool | None:
    """Return whether the processor says that it is a hypervisor's; None where it shows no flags."""
    return cpu_has_flag("hypervisor", places.cpuinfo)


def system_vendor(places: Places = HERE) -> str | None:
    """Return who made the machine by its firmware, which in a virtual machine names the hypervisor."""
    return read_text(places.firmware / "sys_vendor") or None


def _container() -> str | None:
    """Return what kind of container this process runs in, None where nothing says that it does."""
    if DOCKER.exists():
        return "docker"
    if PODMAN.exists():
        return "podman"
    return os.environ.get("container") or ("kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else None)  # noqa: SIM112  # in small letters
