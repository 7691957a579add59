"""Finds the GPU in NVIDIA's management library (NVML) that CUDA calls by an index: the two may count differently."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

from flopsbench.device import Device
from flopsbench.errors import Unsupported

MIG_REASON = "a MIG slice has no sensors of its own"


class NvmlGpu:
    """An NvmlGpu is a GPU as NVML knows it: the Python binding (``pynvml``) and a handle."""

    def __init__(self, library: Any, handle: Any) -> None:
        self._library = library
        self._handle = handle

    def ask(self, function: str, *arguments: int) -> Any | None:
        """Return what that function says of the GPU; None where NVML refuses or this binding lacks the function."""
        try:
            return getattr(self._library, function)(self._handle, *arguments)
        except (self._library.NVMLError, AttributeError):
            return None

    def driver(self) -> str | None:
        """Return the driver's version, which is one for all GPUs."""
        try:
            return str(self._library.nvmlSystemGetDriverVersion())
        except self._library.NVMLError:
            return None


def find_gpu(device: Device, environ: Mapping[str, str] = os.environ) -> NvmlGpu:
    """Find the GPU by its UUID, or by CUDA_VISIBLE_DEVICES in ``environ``.

    Raise Unsupported where NVML is missing, or where it is not certain which GPU is meant.
    """
    if device.kind != "cuda" or device.vendor not in (None, "NVIDIA"):
        raise Unsupported("NVML knows NVIDIA GPUs alone")
    name = _name(device, environ)
    if name.startswith("MIG-"):
        raise Unsupported(MIG_REASON)
    library = _initialised()
    try:
        uuid_known = name.startswith("GPU-")
        return NvmlGpu(library, _by_uuid(library, name) if uuid_known else _by_index(library, name, environ))
    except library.NVMLError as error:
        raise Unsupported(f"NVML does not find this GPU: {error}") from error


def _name(device: Device, environ: Mapping[str, str]) -> str:
    """Return what CUDA calls the device: "GPU-<uuid>", perhaps cut short, "MIG-<uuid>", or an index.

    An entry of CUDA_VISIBLE_DEVICES that names a MIG slice wins over the UUID, which may be that of the whole GPU.
    """
    entries = [entry.strip() for entry in environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    entry = entries[device.index] if device.index < len(entries) else ""
    if device.uuid and not entry.startswith("MIG-"):
        return device.uuid if device.uuid.startswith(("GPU-", "MIG-")) else f"GPU-{device.uuid}"
    return entry or str(device.index)


def _initialised() -> Any:
    """Return the binding of NVML, started; raise Unsupported with the reason where there is none."""
    try:
        library = importlib.import_module("pynvml")
    except ModuleNotFoundError as error:
        raise Unsupported("nvidia-ml-py is not installed") from error
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        raise Unsupported(f"NVML does not start: {error}") from error
    return library


def _by_uuid(library: Any, prefix: str) -> Any:
    """Return the one GPU whose UUID begins with ``prefix``: CUDA takes any beginning that is unique."""
    handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
    matching = [handle for handle in handles if library.nvmlDeviceGetUUID(handle).lower().startswith(prefix.lower())]
    if len(matching) != 1:
        raise Unsupported(f"NVML knows {len(matching)} GPUs of that UUID")
    return matching[0]


def _by_index(library: Any, index: str, environ: Mapping[str, str]) -> Any:
    """Return the GPU of an index; raise Unsupported where the two libraries may count differently.

    NVML counts along the PCI bus; CUDA does so only when told to, and otherwise puts the fastest GPU first.
    """
    if library.nvmlDeviceGetCount() > 1 and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        raise Unsupported("several GPUs, no UUID and no CUDA_DEVICE_ORDER=PCI_BUS_ID: which one is not certain")
    if not index.isdecimal():
        raise Unsupported(f"CUDA_VISIBLE_DEVICES has no device {index!r}")
    return library.nvmlDeviceGetHandleByIndex(int(index))
