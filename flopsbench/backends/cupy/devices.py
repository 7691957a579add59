"""Finds the GPUs that cupy reaches, and makes one of them current."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import cupy

from flopsbench.backend import Room
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.words.reason import Reason


def devices() -> Sequence[Device]:
    """Return the GPUs cupy reaches, in CUDA's order; none without a driver or a GPU."""
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        return []
    return [_device(index) for index in range(count)]


def _device(index: int) -> Device:
    """Describe one GPU by its CUDA properties."""
    properties = cupy.cuda.runtime.getDeviceProperties(index)
    return Device(
        kind="cuda",
        index=index,
        name=properties["name"].decode(),
        vendor="NVIDIA",
        arch=f"sm_{properties['major']}{properties['minor']}",
        units=properties["multiProcessorCount"],
        memory_bytes=properties["totalGlobalMem"],
        cache_bytes=properties["l2CacheSize"],
        clock_max_hz=properties.get("clockRate", 0) * 1e3 or None,  # gone from CUDA 13
        uuid=_uuid(properties.get("uuid", b"")),
    )


def _uuid(raw: bytes) -> str | None:
    """Return a UUID as text; None for an unusable one.

    cupy reads the 16 bytes as a C string, which ends at the first zero byte.
    """
    return str(UUID(bytes=raw[:16])) if len(raw) >= 16 else None


def memory(device: Device) -> Room:
    """Return a GPU's free memory and its cache, in bytes; 0 for a cache that is unknown."""
    with on(device):
        cupy.get_default_memory_pool().free_all_blocks()  # what earlier problems left behind counts as free
        free_bytes, _ = cupy.cuda.runtime.memGetInfo()
    return Room(free_bytes, device.cache_bytes or 0)


@contextmanager
def on(device: Device) -> Iterator[None]:
    """Make the device current, and leave it so: a process measures one device at a time.

    cupy loads cuBLAS and NVRTC when they are first used. Raise Unsupported for one that is missing, and on a CPU.
    """
    if device.kind != "cuda":
        raise Unsupported(Reason("cupy_gpu_alone"))
    cupy.cuda.Device(device.index).use()
    try:
        yield
    except ImportError as error:
        raise Unsupported(Reason("cupy_no_library", error=" ".join(str(error).split()))) from error
