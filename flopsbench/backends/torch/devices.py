"""Finds the devices that torch reaches: the CPU, and the GPUs it calls cuda."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from flopsbench.backend import Room
from flopsbench.backends.torch.builds import caller, fitting_build, unfit
from flopsbench.device import Device
from flopsbench.host.cpu.device import available_memory_bytes, cpu_device, last_level_cache_bytes
from flopsbench.telemetry.cuda_error import NO_DEVICE, cuda_error
from flopsbench.words.reason import Reason

_NO_CUDA = "not compiled with CUDA"  # in what torch says when it is asked for CUDA, whatever its version is called


def devices() -> Sequence[Device]:
    """Return the CPU and every GPU that torch can use; ``why_no_gpu`` tells of the others."""
    return [cpu_device(), *_look()[0]]


def why_no_gpu() -> Reason | None:
    """Return why torch reaches no GPU, or why not one of those there are; None where it reaches all."""
    return next(iter(_look()[1]), None)


def _look() -> tuple[list[Device], list[Reason]]:
    """Return the GPUs that torch can use, and why not others; one that does not answer hides no other."""
    gpus, reasons = [], []
    with _without_warnings():
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not count:
            return [], [_why_none()]
        for index in range(count):
            try:
                gpu = _gpu(index)
                reason = unfit(gpu)
            except Exception as error:
                reason = cuda_error(caller(), str(error))
            if reason is None:
                gpus.append(gpu)
            else:
                reasons.append(reason)
    return gpus, reasons


def _why_none() -> Reason:
    """Return why torch counts no GPU, which it says where it has to start CUDA."""
    if torch.version.cuda is None and torch.version.hip is None:
        return _cpu_build()
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]  # torch gives it no types
    except Exception as error:
        return _cpu_build() if _NO_CUDA in str(error) else cuda_error(caller(), str(error))
    return cuda_error(caller(), "torch.cuda.device_count: 0", NO_DEVICE)


def _cpu_build() -> Reason:
    """Return that this torch has no CUDA, with the command that installs one that has."""
    return Reason("torch_cpu_build", library=caller().name, command=fitting_build())


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep torch from warning of what ``why_no_gpu`` says where it is asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _gpu(index: int) -> Device:
    """Describe one GPU by its properties."""
    properties = torch.cuda.get_device_properties(index)
    amd = torch.version.hip is not None
    arch = properties.gcnArchName if amd else f"sm_{properties.major}{properties.minor}"
    return Device(
        kind="cuda",
        index=index,
        name=properties.name,
        vendor="AMD" if amd else "NVIDIA",
        arch=arch,
        units=properties.multi_processor_count,
        memory_bytes=properties.total_memory,
        cache_bytes=getattr(properties, "L2_cache_size", None),
        uuid=str(properties.uuid) if hasattr(properties, "uuid") else None,
    )


def memory(device: Device) -> Room:
    """Return a device's free memory and last-level cache, in bytes; 0 for a cache that torch does not know."""
    if device.kind == "cpu":
        return Room(available_memory_bytes(), last_level_cache_bytes())
    torch.cuda.empty_cache()  # what torch keeps of the last job would count as used
    free_bytes, _ = torch.cuda.mem_get_info(device.index)
    return Room(free_bytes, device.cache_bytes or 0)
