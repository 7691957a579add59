"""Finds the GPU in NVIDIA's management library (NVML) that CUDA calls by an index: the two may count differently."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.telemetry.binding import NO_PERMISSION, NoAnswer, Nvml, open_nvml
from flopsbench.telemetry.readings import QUESTIONS, text
from flopsbench.words.reason import Reason

MIG_REASON = Reason("mig_without_sensors")
MOST_GPUS, MOST_SLICES = 64, 64


class NvmlGpu:
    """An NvmlGpu is a GPU as NVML knows it, by a handle."""

    def __init__(self, nvml: Nvml, handle: Any) -> None:
        self._nvml = nvml
        self._handle = handle

    def ask(self, name: str) -> Any:
        """Return what NVML says of a reading, in SI units; raise Unsupported where it says nothing or nonsense."""
        question = QUESTIONS[name]
        *older, last = question.functions
        for function in older:
            try:
                return question.understand(self._nvml.call(function, self._handle, *question.arguments))
            except Unsupported:
                continue
        return question.understand(self._nvml.call(last, self._handle, *question.arguments))

    def slices(self) -> tuple[str, ...] | None:
        """Return the UUIDs of its MIG instances, "" for one that does not tell it; None where NVML does not say."""
        try:
            most = self._nvml.call("nvmlDeviceGetMaxMigDeviceCount", self._handle)
            numbers = range(min(most, MOST_SLICES))
        except (NoAnswer, TypeError):
            return None
        return tuple(uuid for index in numbers if (uuid := self._slice(index)) is not None)

    def _slice(self, index: int) -> str | None:
        """Return the UUID of a MIG instance; None where there is none of that number."""
        try:
            handle = self._nvml.call("nvmlDeviceGetMigDeviceHandleByIndex", self._handle, index)
        except NoAnswer as error:
            return "" if error.code == NO_PERMISSION else None
        try:
            return text(self._nvml.call("nvmlDeviceGetUUID", handle))
        except Unsupported:
            return ""

    def driver(self) -> str:
        """Return the driver's version, which is one for all GPUs; raise Unsupported where NVML does not say."""
        return text(self._nvml.call("nvmlSystemGetDriverVersion"))


def find_gpu(device: Device, environ: Mapping[str, str] = os.environ) -> NvmlGpu:
    """Find the GPU by its UUID, or by CUDA_VISIBLE_DEVICES in ``environ``.

    Raise Unsupported where NVML is missing, or where it is not certain which GPU is meant.
    """
    if device.kind != "cuda" or device.vendor not in (None, "NVIDIA"):
        raise Unsupported(Reason("nvml_nvidia_alone"))
    name = _name(device, environ)
    if name.startswith("MIG-"):
        raise Unsupported(MIG_REASON)
    nvml = open_nvml()
    try:
        return NvmlGpu(nvml, _by_uuid(nvml, name) if name.startswith("GPU-") else _by_index(nvml, name, environ))
    except NoAnswer as error:
        raise Unsupported(Reason("nvml_finds_no_gpu", error=error)) from error


def all_gpus() -> list[NvmlGpu | NoAnswer]:
    """Return every GPU in the order of nvidia-smi, or why one does not answer; raise NoAnswer where NVML does not."""
    nvml = open_nvml()
    return [_answer(nvml, index) for index in range(count_gpus(nvml))]


def count_gpus(nvml: Nvml) -> int:
    """Return how many GPUs NVML counts, those that do not answer among them; raise NoAnswer for no number."""
    count = nvml.call("nvmlDeviceGetCount")
    if type(count) is not int or not 0 <= count <= MOST_GPUS:
        raise NoAnswer(Reason("nvml_counts_no_gpus"))
    return count


def cuda_of_driver() -> int | None:
    """Return the newest version of CUDA that the driver supports, as CUDA numbers it; None where NVML does not say."""
    try:
        found = open_nvml().call("nvmlSystemGetCudaDriverVersion")
    except NoAnswer:
        return None
    return found if type(found) is int and found > 0 else None


def _answer(nvml: Nvml, index: int) -> NvmlGpu | NoAnswer:
    """Return the GPU of an index of NVML's, or why it does not answer."""
    try:
        return NvmlGpu(nvml, nvml.call("nvmlDeviceGetHandleByIndex", index))
    except NoAnswer as error:
        return error


def _name(device: Device, environ: Mapping[str, str]) -> str:
    """Return what CUDA calls the device: "GPU-<uuid>", perhaps cut short, "MIG-<uuid>", or an index.

    An entry of CUDA_VISIBLE_DEVICES that names a MIG slice wins over the UUID, which may be that of the whole GPU.
    """
    entries = [entry.strip() for entry in environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    entry = entries[device.index] if device.index < len(entries) else ""
    if device.uuid and not entry.startswith("MIG-"):
        return device.uuid if device.uuid.startswith(("GPU-", "MIG-")) else f"GPU-{device.uuid}"
    return entry or str(device.index)


def _by_uuid(nvml: Nvml, prefix: str) -> Any:
    """Return the one GPU whose UUID begins with ``prefix``: CUDA takes any beginning that is unique.

    One that does not answer is no other's fault; its reason is told where no GPU that answers is the one.
    """
    matching, lost = [], ""
    for index in range(count_gpus(nvml)):
        try:
            handle = nvml.call("nvmlDeviceGetHandleByIndex", index)
            uuid = text(nvml.call("nvmlDeviceGetUUID", handle))
        except Unsupported as error:
            lost = Reason("other_gpu_silent", index=index, error=error)
            continue
        if uuid.lower().startswith(prefix.lower()):
            matching.append(handle)
    if len(matching) != 1:
        raise Unsupported(Reason("nvml_knows_several", count=len(matching), lost=lost))
    return matching[0]


def _by_index(nvml: Nvml, index: str, environ: Mapping[str, str]) -> Any:
    """Return the GPU of an index; raise Unsupported where the two libraries may count differently.

    NVML counts along the PCI bus; CUDA does so only when told to, and otherwise puts the fastest GPU first. One that
    does not answer has a number of NVML's and none of CUDA's.
    """
    count = count_gpus(nvml)
    if count > 1 and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        raise Unsupported(Reason("which_gpu_uncertain"))
    if not index.isdecimal():
        raise Unsupported(Reason("cuda_has_no_device", index=repr(index)))
    for before in range(min(count, int(index))):
        try:
            nvml.call("nvmlDeviceGetHandleByIndex", before)
        except NoAnswer as error:
            raise Unsupported(Reason("earlier_gpu_silent", index=before, error=error)) from error
    return nvml.call("nvmlDeviceGetHandleByIndex", int(index))
