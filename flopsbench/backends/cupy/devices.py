"""Finds the GPUs that cupy reaches, and makes one of them current."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import cupy

from flopsbench.backend import Room
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.telemetry.cuda_error import NO_DEVICE, Caller, cuda_error, gpu_unfit, library_missing
from flopsbench.words.reason import Reason

_NOT_FOUND = "DynamicLibNotFoundError"  # of cuda.pathfinder, by which cupy loads libraries from version 14 on
# The command that installs cupy for a CUDA, by the least version of it that the driver has to support.
_INSTALL = ((13000, "pip install 'flopsbench[cuda13]'"), (12000, "pip install 'flopsbench[cuda12]'"))


def devices() -> Sequence[Device]:
    """Return the GPUs cupy can use, in CUDA's order; none without a driver or a GPU. ``why_no_gpu`` tells of others."""
    return _look()[0]


def why_no_gpu() -> Reason | None:
    """Return why cupy reaches no GPU, or why not one of those there are; None where it reaches all."""
    return next(iter(_look()[1]), None)


def _look() -> tuple[list[Device], list[Reason]]:
    """Return the GPUs that cupy can use, and why not others; one that does not answer hides no other."""
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except ImportError as error:
        return [], [_library_missing(error)]
    except Exception as error:
        return [], [_meaning(error)]
    gpus, reasons = [], [] if count else [cuda_error(_caller(), "getDeviceCount: 0", NO_DEVICE)]
    for index in range(count):
        try:
            gpu = _device(index)
            reason = _unfit(gpu)
        except Exception as error:
            reason = _meaning(error)
        if reason is None:
            gpus.append(gpu)
        else:
            reasons.append(reason)
    return gpus, reasons


def _meaning(error: Exception) -> Reason:
    """Return what an error of CUDA's means."""
    status = getattr(error, "status", None)
    return cuda_error(_caller(), str(error), status if type(status) is int else None)


def _unfit(gpu: Device) -> Reason | None:
    """Return why cupy has no code for a GPU that it sees; None for one that it can use.

    It compiles for the GPU it is on, and what its compiler knows raises the doubt; a kernel of its own decides.
    """
    try:
        known = [int(arch) for arch in cupy.cuda.nvrtc.getSupportedArchs()]
    except Exception:  # a compiler that is missing, or too old to tell, is the business of who compiles
        return None
    if not known or gpu.arch is None or int(gpu.arch.removeprefix("sm_")) >= min(known):
        return None
    try:
        cupy.cuda.Device(gpu.index).use()
        cupy.empty(1, "float32").fill(0)
    except cupy.cuda.memory.OutOfMemoryError:
        return None
    except Exception:
        return gpu_unfit(gpu.name, gpu.arch, _caller(), known, _INSTALL[-1][1])
    return None


def _caller() -> Caller:
    """Return cupy as messages name it, with the CUDA that it is built for and the one that the driver supports."""
    runtime = cupy.cuda.runtime
    built, found = (_version(runtime, name) for name in ("runtimeGetVersion", "driverGetVersion"))
    return Caller(f"cupy {cupy.__version__}", built, found, _INSTALL)


def _version(runtime: Any, name: str) -> int:
    """Return what a function of CUDA says of a version; 0 where it cannot."""
    try:
        return int(getattr(runtime, name)())
    except Exception:
        return 0


def _library_missing(error: BaseException) -> Reason:
    """Return which library of CUDA's an error is about, with the command that brings it."""
    told = " ".join(str(error).split())
    major = _version(cupy.cuda.runtime, "runtimeGetVersion") // 1000 or 12
    named = library_missing(told, f"pip install --upgrade 'cupy-cuda{major}x[ctk]'")
    return named or Reason("cupy_no_library", error=told)


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
    except (ImportError, RuntimeError) as error:
        if not isinstance(error, ImportError) and type(error).__name__ != _NOT_FOUND:
            raise
        raise Unsupported(_library_missing(error)) from error
