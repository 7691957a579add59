"""Prepares GEMMs by cupy: cuBLAS called with explicit types, and the project's own CUDA kernels compiled by NVRTC."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from flopsbench.backend import Kernel, Prepared
from flopsbench.backends.architecture import require_sm
from flopsbench.backends.cuda_source import kernel_source
from flopsbench.backends.cupy.devices import on
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.problem import Problem
from flopsbench.words.reason import Reason

_CUBLAS = {"fp64", "fp32", "tf32", "fp16", "bf16"}  # the dtypes that cublasGemmEx is asked for here

# Environment switches under which cuBLAS may compute otherwise than it was asked to.
_SWITCHES = ("NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION", "CUBLAS_EMULATE_DOUBLE_PRECISION")


def _prepare_cublas(problem: Problem, device: Device) -> Prepared:
    """Prepare cublasGemmEx; raise Unsupported for what it does not compute."""
    with on(device):
        _require_cublas_type(problem, device)
        from flopsbench.backends.cupy.cublas import CublasGemm

        gemm = CublasGemm(problem)
        switches = tuple(f"{name}={os.environ[name]}" for name in _SWITCHES if name in os.environ)
        return Prepared(gemm.launch, library=gemm.library(), math=gemm.math(), notes=switches)


def _prepare_own(kernel: str, problem: Problem, device: Device) -> Prepared:
    """Prepare one of the project's own kernels; raise Unsupported for what it does not compute."""
    if problem.dtype.name != "fp32":
        raise Unsupported(Reason("kernel_fp32_only", kernel=kernel))
    if problem.layout != "nn":
        raise Unsupported(Reason("kernel_nn_only", kernel=kernel))
    with on(device):
        from flopsbench.backends.cupy.sgemm import OwnSgemm

        gemm = OwnSgemm(problem, kernel_source(kernel))
        return Prepared(gemm.launch, library=gemm.library(), math=gemm.MATH)


def _require_cublas_type(problem: Problem, device: Device) -> None:
    """Raise Unsupported for a dtype that cuBLAS does not compute in on this device."""
    name = problem.dtype.name
    if name not in _CUBLAS:
        raise Unsupported(Reason("cupy_no_gemm", dtype=name))
    require_sm(name, device.arch)
    if name == "tf32" and os.environ.get("NVIDIA_TF32_OVERRIDE") == "0":
        raise Unsupported(Reason("tf32_switched_off"))


KERNELS: Mapping[str, Kernel] = {
    "cublas": _prepare_cublas,
    "plain_sgemm": partial(_prepare_own, "plain_sgemm"),
    "tiled_sgemm": partial(_prepare_own, "tiled_sgemm"),
}
