"""Gathers what can be known here of NVIDIA's GPUs without CUDA: from the kernel, from NVML, from the environment."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from flopsbench.errors import Unsupported
from flopsbench.host.kernel import nvidia
from flopsbench.host.kernel.nvidia import DeviceFiles, PciGpu
from flopsbench.host.trees import HERE, Places
from flopsbench.host.virtual import virtualisation
from flopsbench.telemetry.binding import DRIVER_NOT_LOADED, NoAnswer
from flopsbench.telemetry.gpu import NvmlGpu, all_gpus

NO_FILES = DeviceFiles((), (), False, False)
CUDA_LIBRARIES = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}  # of the driver, by the name of the system


@dataclass(frozen=True, slots=True)
class SeenGpu:
    """A SeenGpu is one GPU as NVML tells of it; ``silence`` says why it tells nothing, and is None for one that does.

    ``driver`` is the version of the driver, "" where NVML does not say it. ``slices`` are the UUIDs of its MIG
    instances; None where it is not partitioned.
    """

    silence: NoAnswer | None = None
    name: str = ""
    driver: str = ""
    uuid: str = ""
    slices: tuple[str, ...] | None = None
    prohibited: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A Situation is what decides whether CUDA finds a GPU here.

    ``boards`` are those on the PCI bus, None where the bus cannot be seen. ``driver`` is the version of the kernel's
    module, None where none is loaded. ``silence`` is why NVML does not answer, None where it does and tells ``gpus``.
    ``has_libcuda`` tells whether the driver's CUDA library loads, None where its name is not known.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    system: str = "linux"
    boards: list[PciGpu] | None = None
    driver: str | None = None
    files: DeviceFiles = NO_FILES
    windows_guest: bool = False
    amd_compute: bool | None = None
    container: str | None = None
    silence: NoAnswer | None = None
    gpus: tuple[SeenGpu, ...] = ()
    has_libcuda: bool | None = True

    @property
    def has_driver(self) -> bool:
        """Return whether anything tells of a driver that runs."""
        if self.silence is None or self.driver is not None or any(map(nvidia.is_bound, self.boards or ())):
            return True
        return bool(self.files.found) and self.silence.code != DRIVER_NOT_LOADED  # files may be left of one


def situation(environ: Mapping[str, str] = os.environ, places: Places = HERE) -> Situation:
    """Look at this machine; never raises, and opens no device."""
    silence, gpus = None, tuple[SeenGpu, ...]()
    try:
        gpus = tuple(map(_seen, all_gpus()))
    except NoAnswer as error:
        silence = error
    return Situation(
        environ=environ,
        system=sys.platform,
        boards=nvidia.boards(places),
        driver=nvidia.driver_version(places),
        files=nvidia.device_files(places),
        windows_guest=nvidia.is_windows_guest(places),
        amd_compute=nvidia.amd_compute(places),
        container=virtualisation(places).container,
        silence=silence,
        gpus=gpus,
        has_libcuda=_loads(CUDA_LIBRARIES.get(sys.platform)),
    )


def _seen(found: NvmlGpu | NoAnswer) -> SeenGpu:
    """Return what NVML tells of one GPU; what it does not tell is not held against it."""
    if isinstance(found, NoAnswer):
        return SeenGpu(silence=found)
    known: dict[str, object] = {}
    for name in ("name", "uuid", "mig", "prohibited"):
        try:
            known[name] = found.ask(name)
        except NoAnswer as error:
            if error.is_loss:
                return SeenGpu(silence=error)
        except Unsupported:
            continue
    return SeenGpu(
        name=str(known.get("name", "")),
        driver=_driver(found),
        uuid=str(known.get("uuid", "")),
        slices=found.slices() if known.get("mig") else None,
        prohibited=bool(known.get("prohibited")),
    )


def _driver(gpu: NvmlGpu) -> str:
    """Return the driver's version; "" where NVML does not say it."""
    try:
        return gpu.driver()
    except Unsupported:
        return ""


def _loads(library: str | None) -> bool | None:
    """Return whether a library can be loaded; none of its functions is called. None for a library without a name."""
    if library is None:
        return None
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
