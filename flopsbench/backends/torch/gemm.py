"""torch on the CPU and on GPUs that torch calls cuda (NVIDIA, and AMD through ROCm): vendor GEMMs of every dtype.

Precision switches of torch are process-wide: ``prepare`` sets them for its job, and they hold until the next one.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from flopsbench.backend import Compute, Job, Kernel, Operands, Rotation
from flopsbench.clock import Elapsed, HostClock, Launch
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu import available_memory_bytes, cpu_device, last_level_cache_bytes, threads
from flopsbench.problem import Problem, operand_sets

STORAGE = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp8_e4m3": torch.float8_e4m3fn,
    "fp8_e5m2": torch.float8_e5m2,
    "int8": torch.int8,
}
OUTPUT = {"fp8_e4m3": torch.bfloat16, "fp8_e5m2": torch.bfloat16, "int8": torch.int32}
# cuBLAS multiplies e5m2 by e4m3, never e5m2 by e5m2.
STORAGE_OF_B = {**STORAGE, "fp8_e5m2": torch.float8_e4m3fn}
NAME_OF_B = {"fp8_e5m2": "fp8_e4m3"}
NAME_OF_OUTPUT = {"fp8_e4m3": "bf16", "fp8_e5m2": "bf16", "int8": "int32", "tf32": "fp32"}

# First compute capability of NVIDIA that has the arithmetic in its tensor cores.
NEEDS_CAPABILITY = {"tf32": (8, 0), "bf16": (8, 0), "fp8_e4m3": (8, 9), "fp8_e5m2": (8, 9), "int8": (7, 5)}

EIGHT_BIT_STEP = 32  # cuBLAS wants rows of a multiple of 16 bytes, and more than 16 of them


class Set(NamedTuple):
    """One set of operands; A and B carry the factor that undoes their FP8 scaling."""

    a: torch.Tensor
    b: torch.Tensor
    c: torch.Tensor
    scale_a: torch.Tensor
    scale_b: torch.Tensor


def devices() -> Sequence[Device]:
    """The CPU and every GPU torch can see."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [cpu_device(), *(_gpu(index) for index in range(count))]


def _gpu(index: int) -> Device:
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


def prepare(problem: Problem, device: Device) -> Job:
    """The GEMM torch offers for the dtype, on rotating operands; raise Unsupported with the reason."""
    _check(problem, device)
    free_bytes, cache_bytes = _memory(device)
    count = operand_sets(problem, cache_bytes, free_bytes)
    try:
        _prepare(problem.resized(64, 64, 64), device, 1).launch()  # a dtype this build lacks fails here
        return _prepare(problem, device, count)
    except (RuntimeError, NotImplementedError) as error:
        raise Unsupported(_first_line(error)) from error


KERNELS: Mapping[str, Kernel] = {"matmul": prepare}


def _check(problem: Problem, device: Device) -> None:
    name = problem.dtype.name
    if device.kind == "cpu":
        if name == "tf32":
            raise Unsupported("tf32 is a mode of GPU tensor cores; no CPU has it")
        return
    if name == "tf32" and (torch.version.hip is not None or os.environ.get("NVIDIA_TF32_OVERRIDE") == "0"):
        raise Unsupported("tf32 is a mode of NVIDIA's tensor cores, and NVIDIA_TF32_OVERRIDE=0 turns it off")
    needed = NEEDS_CAPABILITY.get(name)
    if needed and torch.version.hip is None and torch.cuda.get_device_capability(device.index) < needed:
        raise Unsupported(f"{name} needs sm_{needed[0]}{needed[1]} or newer, this is {device.arch}")
    if problem.dtype.operand_bytes == 1 and any(edge % EIGHT_BIT_STEP for edge in (problem.m, problem.n, problem.k)):
        raise Unsupported(f"{name} on a GPU takes sizes that are multiples of {EIGHT_BIT_STEP}")


def _memory(device: Device) -> tuple[int, int]:
    """Free memory and last-level cache, in bytes."""
    if device.kind == "cpu":
        return available_memory_bytes(), last_level_cache_bytes()
    torch.cuda.empty_cache()  # what torch keeps of the last job would count as used
    free_bytes, _ = torch.cuda.mem_get_info(device.index)
    return free_bytes, device.cache_bytes or 0


def _prepare(problem: Problem, device: Device, count: int) -> Job:
    _set_precision(problem, device)
    generator = torch.Generator(device.id).manual_seed(problem.seed)
    rotation = Rotation([_operands(problem, device, generator) for _ in range(count)])
    launch = _launch(problem, rotation)

    def spoil() -> None:
        for each in rotation.sets:
            _spoil(each.c)

    return Job(
        launch=launch,
        spoil=spoil,
        operands=lambda: _fetch(rotation.last),
        clock=HostClock() if device.kind == "cpu" else EventClock(device.index),
        compute=_compute(problem, device),
        sets=count,
    )


def _set_precision(problem: Problem, device: Device) -> None:
    """No shortcut in fp32 unless tf32 was asked for, and sums of 16-bit products in fp32."""
    torch.set_float32_matmul_precision("high" if problem.dtype.name == "tf32" else "highest")
    if device.kind == "cpu":
        torch.set_num_threads(threads())
    else:
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def _operands(problem: Problem, device: Device, generator: torch.Generator) -> Set:
    name = problem.dtype.name

    def normal(rows: int, columns: int, transposed: bool, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        shape = (columns, rows) if transposed else (rows, columns)
        wide = torch.float64 if storage is torch.float64 else torch.float32
        values, scale = _stored(torch.randn(shape, generator=generator, device=device.id, dtype=wide), storage)
        return (values.t() if transposed else values), scale

    a, scale_a = normal(problem.m, problem.k, problem.layout == "tn", STORAGE[name])
    b, scale_b = normal(problem.k, problem.n, problem.layout == "nt", STORAGE_OF_B[name])
    c = torch.empty((problem.m, problem.n), dtype=OUTPUT.get(name, STORAGE[name]), device=device.id)
    _spoil(c)
    return Set(a, b, c, scale_a, scale_b)


def _stored(values: torch.Tensor, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """N(0,1) in the storage format, and the scale that stored values are multiplied by to get them back."""
    one = torch.ones((), device=values.device, dtype=torch.float32)
    if storage is torch.int8:
        return (values * 32).round_().clamp_(-127, 127).to(storage), one
    if storage.is_floating_point and storage.itemsize == 1:
        scale = values.abs().amax() / torch.finfo(storage).max
        return (values / scale).to(storage), scale.float()
    return values.to(storage), one


def _launch(problem: Problem, rotation: Rotation[Set]) -> Launch:
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


def _spoil(c: torch.Tensor) -> None:
    c.fill_(float("nan") if c.is_floating_point() else torch.iinfo(c.dtype).min)


def _fetch(each: Set) -> Operands:
    def host(tensor: torch.Tensor) -> torch.Tensor:
        exact_in_numpy = tensor.dtype in (torch.float64, torch.float32, torch.int8, torch.int32)
        return (tensor if exact_in_numpy else tensor.float()).cpu()

    a, b, c = (host(tensor).numpy() for tensor in (each.a, each.b, each.c))
    return Operands(a, b, c, scale=float(each.scale_a) * float(each.scale_b))


class EventClock:
    """CUDA events around a block on the device's stream, with the host's clock beside them."""

    def __init__(self, index: int) -> None:
        self.index = index

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Seconds between the two events; the host's reading starts and ends with an idle device."""
        with torch.cuda.device(self.index):
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
            host_start = time.perf_counter()
            start.record()
            for _ in range(loops):
                launch()
            stop.record()
            stop.synchronize()
            host_seconds = time.perf_counter() - host_start
        return Elapsed(start.elapsed_time(stop) / 1e3, host_seconds)


def _compute(problem: Problem, device: Device) -> Compute:
    name = problem.dtype.name
    return Compute(
        a=name if name != "tf32" else "fp32",
        b=NAME_OF_B.get(name, name if name != "tf32" else "fp32"),
        c=NAME_OF_OUTPUT.get(name, name),
        accumulate=problem.dtype.accumulate,
        library=_library(name, device),
        math=_math(name),
        threads=torch.get_num_threads() if device.kind == "cpu" else None,
    )


def _math(dtype_name: str) -> str:
    if dtype_name == "tf32":
        return "tf32"
    return "ieee, fast accumulation off" if dtype_name.startswith("fp8") else "ieee"


def _library(dtype_name: str, device: Device) -> str:
    """What torch hands the product to: its BLAS for fp64 and fp32 on the CPU, oneDNN for the narrow dtypes."""
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
    return str(error).strip().partition("\n")[0] or type(error).__name__
