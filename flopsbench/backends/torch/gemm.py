"""Runs vendor GEMMs of every dtype by torch, on the CPU and on GPUs that it calls cuda (NVIDIA, AMD through ROCm).

Precision switches of torch are process-wide: ``prepare`` sets them for its job, and they hold until the next one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import torch

from flopsbench.backend import Kernel, Launcher, Prepared
from flopsbench.backends.architecture import require_sm
from flopsbench.backends.torch.arrays import first_line, space
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cores import threads
from flopsbench.problem import Problem
from flopsbench.words.reason import Reason

# torch._scaled_mm wants multiples of 16, torch._int_mm multiples of 8 and more than 16 rows: 32 suits both.
EIGHT_BIT_STEP = 32
TRIAL_EDGE = 64  # of a product that only shows whether this build has the GEMM


def prepare(problem: Problem, device: Device) -> Prepared:
    """Prepare the GEMM torch offers for the dtype; raise Unsupported with the reason."""
    _require_dtype(problem, device)
    _set_precision(problem, device)
    launch = _launcher(problem)
    _try(launch, problem, device)
    name = problem.dtype.name
    threads_used = torch.get_num_threads() if device.kind == "cpu" else None
    return Prepared(launch, library=_library(name, device), math=_math(name), threads=threads_used)


KERNELS: Mapping[str, Kernel] = {"matmul": prepare}


def _require_dtype(problem: Problem, device: Device) -> None:
    """Raise Unsupported where the device has no GEMM of the dtype, or none of the shape."""
    name = problem.dtype.name
    if device.kind == "cpu":
        if name == "tf32":
            raise Unsupported(Reason("no_tf32_on_cpu"))
        return
    if name == "tf32" and (torch.version.hip is not None or os.environ.get("NVIDIA_TF32_OVERRIDE") == "0"):
        raise Unsupported(Reason("no_tf32_here"))
    if torch.version.hip is None:
        require_sm(name, device.arch)
    if problem.dtype.operand_bytes == 1 and any(edge % EIGHT_BIT_STEP for edge in (problem.m, problem.n, problem.k)):
        raise Unsupported(Reason("multiples_only", dtype=name, step=EIGHT_BIT_STEP))


def _try(launch: Launcher, problem: Problem, device: Device) -> None:
    """Launch once on small matrices of its own; raise Unsupported for a dtype or a layout that this build lacks."""
    formats = space.formats(problem, device)
    scales = [space.scalar(1.0, device)] * 2 if formats.a.startswith("fp8") else []

    def matrix(storage: str, transposed: bool) -> torch.Tensor:
        return space.view(space.empty(storage, TRIAL_EDGE**2, device), TRIAL_EDGE, TRIAL_EDGE, transposed)

    try:
        a, b = matrix(formats.a, problem.layout == "tn"), matrix(formats.b, problem.layout == "nt")
        launch(a, b, matrix(formats.c, False), *scales)
        space.wait(device)
    except (RuntimeError, NotImplementedError) as error:
        raise Unsupported(first_line(error)) from error


def _set_precision(problem: Problem, device: Device) -> None:
    """Set torch's switches: full fp32 unless tf32 was asked for, and sums of 16-bit products in fp32."""
    torch.set_float32_matmul_precision("high" if problem.dtype.name == "tf32" else "highest")
    if device.kind == "cpu":
        torch.set_num_threads(threads("MKL"))  # torch has one number for all its libraries
    else:
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def _launcher(problem: Problem) -> Launcher:
    """Return torch's function for the dtype, as a launch."""
    if problem.dtype.name == "int8":
        return _multiply_integers
    return _multiply_scaled if problem.dtype.operand_bytes == 1 else _multiply


def _multiply(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> None:
    torch.mm(a, b, out=c)


def _multiply_integers(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> None:
    torch._int_mm(a, b, out=c)


def _multiply_scaled(
    a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, scale_a: torch.Tensor, scale_b: torch.Tensor
) -> None:
    torch._scaled_mm(a, b, scale_a, scale_b, out_dtype=c.dtype, out=c)


def _math(dtype_name: str) -> str:
    """Return the mode of the arithmetic, as a document names it."""
    if dtype_name == "tf32":
        return "tf32"
    return "ieee, fast accumulation off" if dtype_name.startswith("fp8") else "ieee"


def _library(dtype_name: str, device: Device) -> str:
    """Return what computes torch's products: on the CPU its BLAS for fp64 and fp32, oneDNN for the narrow dtypes."""
    if device.kind == "cuda":
        return f"hipBLAS, ROCm {torch.version.hip}" if torch.version.hip else f"cuBLAS, CUDA {torch.version.cuda}"
    build = torch.__config__.show()
    onednn = re.search(r"MKL-DNN v([\d.]+)", build)
    if dtype_name not in ("fp64", "fp32") and onednn:
        return f"oneDNN {onednn[1]}"
    mkl = re.search(r"Math Kernel Library Version ([\d.]+)", build)
    blas = re.search(r"BLAS_INFO=(\w+)", build)
    return f"MKL {mkl[1]}" if mkl else (blas[1] if blas else "torch's own loops")
