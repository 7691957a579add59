"""Prepares GEMMs by cupy: cuBLAS called with explicit types, and the project's own CUDA kernels compiled by NVRTC."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import cupy

from flopsbench.backend import Compute, Gemm, Kernel, Rotation
from flopsbench.backends.architecture import require_sm
from flopsbench.backends.cuda_source import kernel_source
from flopsbench.backends.cupy.operands import OperandSet, draw_sets, fetch, spoil
from flopsbench.clocks import CupyEventClock
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.problem import Problem
from flopsbench.words.reason import Reason

_CUBLAS = {"fp64", "fp32", "tf32", "fp16", "bf16"}  # the dtypes that cublasGemmEx is asked for here

# Environment switches under which cuBLAS may compute otherwise than it was asked to.
_SWITCHES = ("NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION", "CUBLAS_EMULATE_DOUBLE_PRECISION")


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


def _prepare_cublas(problem: Problem, device: Device) -> Gemm:
    with _on(device):
        _require_cublas_type(problem, device)
        from flopsbench.backends.cupy.cublas import CublasGemm

        switches = tuple(f"{name}={os.environ[name]}" for name in _SWITCHES if name in os.environ)
        return _gemm(problem, draw_sets(problem, device), CublasGemm(problem), switches)


def _prepare_own(kernel: str, problem: Problem, device: Device) -> Gemm:
    """Prepare one of the project's own kernels; raise Unsupported for what it does not compute."""
    if problem.dtype.name != "fp32":
        raise Unsupported(Reason("kernel_fp32_only", kernel=kernel))
    if problem.layout != "nn":
        raise Unsupported(Reason("kernel_nn_only", kernel=kernel))
    with _on(device):
        from flopsbench.backends.cupy.sgemm import OwnSgemm

        return _gemm(problem, draw_sets(problem, device), OwnSgemm(problem, kernel_source(kernel)))


def _require_cublas_type(problem: Problem, device: Device) -> None:
    """Raise Unsupported for a dtype that cuBLAS does not compute in on this device."""
    name = problem.dtype.name
    if name not in _CUBLAS:
        raise Unsupported(Reason("cupy_no_gemm", dtype=name))
    require_sm(name, device.arch)
    if name == "tf32" and os.environ.get("NVIDIA_TF32_OVERRIDE") == "0":
        raise Unsupported(Reason("tf32_switched_off"))


@contextmanager
def _on(device: Device) -> Iterator[None]:
    """Make the device current, and leave it so: a process measures one device at a time.

    cupy loads cuBLAS, cuRAND and NVRTC when they are first used. Raise Unsupported for one that is missing.
    """
    if device.kind != "cuda":
        raise Unsupported(Reason("cupy_gpu_alone"))
    cupy.cuda.Device(device.index).use()
    try:
        yield
    except ImportError as error:
        raise Unsupported(Reason("cupy_no_library", error=" ".join(str(error).split()))) from error


class _Routine(Protocol):
    """A _Routine computes its arguments once per set of operands, so that a launch is one call and nothing else."""

    def arguments(self, operands: OperandSet) -> tuple[Any, ...]: ...
    def launch(self, arguments: tuple[Any, ...]) -> None: ...
    def compute(self) -> Compute: ...


def _gemm(problem: Problem, sets: list[OperandSet], gemm: _Routine, notes: tuple[str, ...] = ()) -> Gemm:
    """Return a GEMM on sets of operands that are taken in turn."""
    rotation = Rotation([(operands, gemm.arguments(operands)) for operands in sets])
    return Gemm(
        launch=lambda: gemm.launch(rotation.next()[1]),
        spoil=lambda: spoil(problem, sets),
        operands=lambda: fetch(problem, rotation.last[0]),
        clock=CupyEventClock(),
        amount=problem.amount,
        compute=gemm.compute(),
        sets=len(sets),
        notes=notes,
    )


KERNELS: Mapping[str, Kernel] = {
    "cublas": _prepare_cublas,
    "plain_sgemm": partial(_prepare_own, "plain_sgemm"),
    "tiled_sgemm": partial(_prepare_own, "tiled_sgemm"),
}
