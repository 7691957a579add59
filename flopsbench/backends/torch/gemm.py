"""Runs vendor GEMMs of every dtype by torch, on the CPU and on GPUs that it calls cuda (NVIDIA, AMD through ROCm).

Precision switches of torch are process-wide: ``prepare`` sets them for its job, and they hold until the next one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import torch

from flopsbench.backend import Compute, Gemm, HostClock, Kernel, Launch, Rotation
from flopsbench.backends.architecture import require_sm
from flopsbench.backends.torch.devices import memory
from flopsbench.backends.torch.operands import TorchOperands, draw_set, fetch, formats, spoil
from flopsbench.clocks import TorchEventClock
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu import threads
from flopsbench.problem import Problem, operand_sets
from flopsbench.words.reason import Reason

# torch._scaled_mm wants multiples of 16, torch._int_mm multiples of 8 and more than 16 rows: 32 suits both.
EIGHT_BIT_STEP = 32


def prepare(problem: Problem, device: Device) -> Gemm:
    """Prepare the GEMM torch offers for the dtype, on rotating operands; raise Unsupported with the reason."""
    _require_dtype(problem, device)
    free_bytes, cache_bytes = memory(device)
    count = operand_sets(problem, cache_bytes, free_bytes)
    try:
        _prepare(problem.resized(64, 64, 64), device, 1).launch()  # a dtype this build lacks fails here
        return _prepare(problem, device, count)
    except (RuntimeError, NotImplementedError) as error:
        raise Unsupported(_first_line(error)) from error


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


def _prepare(problem: Problem, device: Device, count: int) -> Gemm:
    """Return the Gemm on ``count`` sets of operands; torch raises an error for a dtype its build lacks."""
    _set_precision(problem, device)
    generator = torch.Generator(device.id).manual_seed(problem.seed)
    rotation = Rotation([draw_set(problem, device, generator) for _ in range(count)])
    launch = _launch(problem, rotation)

    def spoil_all() -> None:
        for each in rotation.sets:
            spoil(each.c)

    return Gemm(
        launch=launch,
        spoil=spoil_all,
        operands=lambda: fetch(rotation.last),
        clock=HostClock() if device.kind == "cpu" else TorchEventClock(device.index),
        amount=problem.amount,
        compute=_compute(problem, device),
        sets=count,
    )


def _set_precision(problem: Problem, device: Device) -> None:
    """Set torch's switches: full fp32 unless tf32 was asked for, and sums of 16-bit products in fp32."""
    torch.set_float32_matmul_precision("high" if problem.dtype.name == "tf32" else "highest")
    if device.kind == "cpu":
        torch.set_num_threads(threads())
    else:
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def _launch(problem: Problem, rotation: Rotation[TorchOperands]) -> Launch:
    """Return torch's function for the dtype, as a launch on the next set of operands."""
    if problem.dtype.name == "int8":

        def launch() -> None:
            each = rotation.next()
            torch._int_mm(each.a, each.b, out=each.c)

    elif problem.dtype.operand_bytes == 1:

        def launch() -> None:
            each = rotation.next()
            torch._scaled_mm(each.a, each.b, each.scale_a, each.scale_b, out_dtype=each.c.dtype, out=each.c)

    else:

        def launch() -> None:
            each = rotation.next()
            torch.mm(each.a, each.b, out=each.c)

    return launch


def _compute(problem: Problem, device: Device) -> Compute:
    """Return what runs."""
    name = problem.dtype.name
    a, b, c = formats(name)
    return Compute(
        a=a,
        b=b,
        c=c,
        accumulate=problem.dtype.accumulate,
        library=_library(name, device),
        math=_math(name),
        threads=torch.get_num_threads() if device.kind == "cpu" else None,
    )


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


def _first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's name where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
