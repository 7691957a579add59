"""Reads what the kernel tells of GPUs: the boards on the PCI bus, who drives them, and the files they are opened by."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from flopsbench.host.trees import Places, read_text

# Vendors and classes as the PCI ID repository numbers them: a display controller, and what only computes.
NVIDIA, AMD = "0x10de", "0x1002"
_DISPLAY, _ACCELERATOR = "0x03", "0x12"
_OWN_DRIVER = "nvidia"
_CONTROL, _MEMORY = "nvidiactl", "nvidia-uvm"
_OF_ONE_GPU = re.compile(r"nvidia\d+")
_VERSION = re.compile(r"\b\d{3,4}\.\d+(?:\.\d+)?\b")


class PciGpu(NamedTuple):
    """A PciGpu is a GPU on the PCI bus: its address, its vendor's number, and the driver bound to it, None for none."""

    address: str
    vendor: str
    driver: str | None


class DeviceFiles(NamedTuple):
    """DeviceFiles are the files that NVIDIA's driver is opened by.

    ``forbidden`` are those that CUDA cannot do without and this user may not open. ``has_gpu`` tells whether one is
    that of a GPU, ``has_memory`` whether CUDA's own (nvidia-uvm) is there; a GPU on the chip (Jetson) has other files.
    """

    found: tuple[Path, ...]
    forbidden: tuple[Path, ...]
    has_gpu: bool
    has_memory: bool


def boards(places: Places) -> list[PciGpu] | None:
    """Return the GPUs of NVIDIA and AMD on the PCI bus; None where the kernel shows no bus."""
    folder = places.sys / "bus/pci/devices"
    try:
        addresses = sorted(os.listdir(folder))
    except OSError:
        return None
    return [board for address in addresses if (board := _board(folder / address)) is not None]


def _board(folder: Path) -> PciGpu | None:
    """Return what sits at an address of the bus, if it is a GPU of theirs."""
    vendor, kind = read_text(folder / "vendor"), read_text(folder / "class") or ""
    if vendor not in (NVIDIA, AMD) or not kind.startswith((_DISPLAY, _ACCELERATOR)):
        return None
    try:
        driver = os.path.basename(os.readlink(folder / "driver"))
    except OSError:
        driver = None
    return PciGpu(folder.name, vendor, driver)


def is_bound(board: PciGpu) -> bool:
    """Return whether NVIDIA's driver holds the board."""
    return board.driver == _OWN_DRIVER


def is_bound_elsewhere(board: PciGpu) -> bool:
    """Return whether another driver than NVIDIA's holds the board."""
    return board.driver is not None and not is_bound(board)


def driver_version(places: Places) -> str | None:
    """Return the version of NVIDIA's kernel module that is loaded, "" where it does not say; None without one."""
    told = read_text(places.nvidia_driver / "version")
    if told is None:
        return "" if os.path.isdir(places.nvidia_driver) else None
    version = _VERSION.search(told)
    return version[0] if version else ""


def device_files(places: Places) -> DeviceFiles:
    """Return the files of NVIDIA's driver; nothing is opened, which would wake a GPU up."""
    found = tuple(path for path in sorted(places.dev.glob("nvidia*")) if not os.path.isdir(path))
    gpus = [path for path in found if _OF_ONE_GPU.fullmatch(path.name)]
    shared = [path for path in found if path.name in (_CONTROL, _MEMORY)]
    on_chip = os.path.exists(places.dev / "nvmap")
    forbidden = [path for path in shared if not _may_open(path)]
    return DeviceFiles(
        found=found,
        forbidden=tuple(forbidden or ([] if any(map(_may_open, gpus)) else gpus)),  # one GPU of several is enough
        has_gpu=bool(gpus) or on_chip,
        has_memory=any(path.name == _MEMORY for path in shared) or on_chip,
    )


def _may_open(file: Path) -> bool:
    """Return whether this user may read and write a file."""
    return os.access(file, os.R_OK | os.W_OK)


def is_windows_guest(places: Places) -> bool:
    """Return whether Windows hands its GPUs in (WSL2), whose boards and files are on no bus here."""
    return os.path.exists(places.dev / "dxg")


def amd_compute(places: Places) -> bool | None:
    """Return whether this user may open AMD's way to compute; None where it is not there."""
    file = places.dev / "kfd"
    return _may_open(file) if os.path.exists(file) else None


def group_of(file: Path) -> str | None:
    """Return the name of the group that may open a file; None where that is root's, or none has a name."""
    try:
        group, mode = file.group(), file.stat().st_mode
    except (KeyError, OSError):
        return None
    return group if group != "root" and mode & stat.S_IRGRP and mode & stat.S_IWGRP else None
