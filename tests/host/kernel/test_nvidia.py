"""What the kernel tells of GPUs, read from made-up trees."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.host.kernel.nvidia import (
    AMD,
    NVIDIA,
    PciGpu,
    amd_compute,
    boards,
    device_files,
    driver_version,
    group_of,
    is_bound,
    is_bound_elsewhere,
    is_windows_guest,
)
from flopsbench.host.trees import Places

VERSION = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
    "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)"
)
OPEN_VERSION = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build  (dvs-builder@U22)"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("sys", "proc", "dev"):
        (tmp_path / name).mkdir()
    return Places(tmp_path / "sys", tmp_path / "proc", tmp_path / "dev")


def plug_in(places: Places, address: str, vendor: str, kind: str, driver: str | None = None) -> None:
    at = places.sys / "bus/pci/devices" / address
    at.mkdir(parents=True)
    (at / "vendor").write_text(f"{vendor}\n")
    (at / "class").write_text(f"{kind}\n")
    if driver:
        target = places.sys / "bus/pci/drivers" / driver
        target.mkdir(parents=True, exist_ok=True)
        (at / "driver").symlink_to(target)


def test_gpus_are_told_from_what_else_is_on_the_bus(places: Places) -> None:
    plug_in(places, "0000:01:00.0", NVIDIA, "0x030000", "nvidia")
    plug_in(places, "0000:01:00.1", NVIDIA, "0x040300", "snd_hda_intel")  # the sound of the same board
    plug_in(places, "0000:02:00.0", NVIDIA, "0x030200", "vfio-pci")
    plug_in(places, "0000:03:00.0", AMD, "0x120000")
    plug_in(places, "0000:04:00.0", "0x8086", "0x030000", "i915")
    plug_in(places, "0000:05:00.0", NVIDIA, "0x068000")  # a bridge of NVLink
    found = boards(places)
    assert found == [
        PciGpu("0000:01:00.0", NVIDIA, "nvidia"),
        PciGpu("0000:02:00.0", NVIDIA, "vfio-pci"),
        PciGpu("0000:03:00.0", AMD, None),
    ]
    assert [is_bound(board) for board in found] == [True, False, False]
    assert [is_bound_elsewhere(board) for board in found] == [False, True, False]


def test_a_bus_that_cannot_be_seen_is_not_an_empty_one(places: Places) -> None:
    assert boards(places) is None
    (places.sys / "bus/pci/devices").mkdir(parents=True)
    assert boards(places) == []


def test_a_driver_that_cannot_be_followed_is_none(places: Places) -> None:
    plug_in(places, "0000:01:00.0", NVIDIA, "0x030000")
    (places.sys / "bus/pci/devices/0000:01:00.0/driver").mkdir()
    assert boards(places) == [PciGpu("0000:01:00.0", NVIDIA, None)]


def test_a_board_that_tells_nothing_is_none(places: Places) -> None:
    (places.sys / "bus/pci/devices/0000:01:00.0").mkdir(parents=True)
    assert boards(places) == []


@pytest.mark.parametrize(
    ("text", "version"), [(VERSION, "535.183.01"), (OPEN_VERSION, "575.57.08"), ("NVRM version: ?", ""), (None, "")]
)
def test_a_loaded_driver_has_a_version(places: Places, text: str | None, version: str) -> None:
    assert driver_version(places) is None
    places.nvidia_driver.mkdir(parents=True)
    if text is not None:
        (places.nvidia_driver / "version").write_text(text)
    assert driver_version(places) == version


def touch(places: Places, *names: str) -> None:
    for name in names:
        (places.dev / name).touch(0o666)


def test_the_files_of_the_driver_are_found(places: Places) -> None:
    (places.dev / "nvidia-caps").mkdir()
    touch(places, "nvidiactl", "nvidia-modeset")
    found = device_files(places)
    assert [path.name for path in found.found] == ["nvidia-modeset", "nvidiactl"]
    assert (found.has_gpu, found.has_memory, found.forbidden) == (False, False, ())
    touch(places, "nvidia0", "nvidia-uvm")
    found = device_files(places)
    assert (found.has_gpu, found.has_memory, found.forbidden) == (True, True, ())


def test_a_gpu_on_the_chip_has_files_of_its_own(places: Places) -> None:
    touch(places, "nvmap")
    assert device_files(places)[1:] == ((), True, True)


@pytest.mark.parametrize(
    ("closed", "forbidden"),
    [
        ({"nvidiactl"}, ["nvidiactl"]),
        ({"nvidia-uvm"}, ["nvidia-uvm"]),
        ({"nvidia0"}, []),  # one GPU of two is enough
        ({"nvidia0", "nvidia1"}, ["nvidia0", "nvidia1"]),
        ({"nvidia-modeset"}, []),  # CUDA does without it
    ],
)
def test_what_this_user_may_not_open_is_told(
    places: Places, monkeypatch: pytest.MonkeyPatch, closed: set[str], forbidden: list[str]
) -> None:
    touch(places, "nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1", "nvidia-modeset")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name not in closed)
    assert [path.name for path in device_files(places).forbidden] == forbidden


SEE = """
import sys
from pathlib import Path
from flopsbench.host.kernel.nvidia import device_files
from flopsbench.host.trees import Places
print([path.name for path in device_files(Places(dev=Path(sys.argv[1]))).forbidden])
"""


@pytest.mark.process
def test_who_really_may_not_is_seen(places: Places) -> None:
    """In a process that has laid down root's right to open everything, where it had that."""
    touch(places, "nvidiactl", "nvidia-uvm", "nvidia0")
    (places.dev / "nvidiactl").chmod(0o000)
    libc = ctypes.CDLL(None)

    def be_anybody() -> None:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, by PR_CAPBSET_DROP
            libc.prctl(24, capability, 0, 0, 0)

    command = [sys.executable, "-c", SEE, str(places.dev)]
    seen = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=be_anybody).stdout
    assert seen == "['nvidiactl']\n"


def test_a_group_that_may_open_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "nvidiactl"
    assert group_of(file) is None
    file.touch()
    file.chmod(0o660)
    monkeypatch.setattr(Path, "group", lambda self: "video")
    assert group_of(file) == "video"
    file.chmod(0o600)
    assert group_of(file) is None
    file.chmod(0o660)
    monkeypatch.setattr(Path, "group", lambda self: "root")
    assert group_of(file) is None


def test_windows_and_amd_are_told_by_their_files(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (is_windows_guest(places), amd_compute(places)) == (False, None)
    touch(places, "dxg", "kfd")
    assert (is_windows_guest(places), amd_compute(places)) == (True, True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert amd_compute(places) is False
