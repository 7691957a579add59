"""The kernels of cupy, executed on a stand-in for cupy that follows cuBLAS's rules; no GPU takes part."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from flopsbench.backends.installed import space_of
from flopsbench.cli import completion
from flopsbench.device import Device
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported
from flopsbench.problem import Layout, Problem
from tests.backends.cupy.fake_cupy import FakeGpu
from tests.backends.product import Product

# Largest |C - A·B| over the root of k that rounding of the products and of C explains.
BOUNDS = {"fp64": 1e-14, "fp32": 1e-6, "tf32": 5e-3, "fp16": 5e-3, "bf16": 4e-2}
H200 = Device("cuda", 0, "NVIDIA Test", arch="sm_90", cache_bytes=50_000)
CPU = Device("cpu", 0, "a CPU", arch="x86_64")
TURING = Device("cuda", 0, "NVIDIA Old", arch="sm_75", cache_bytes=50_000)


@pytest.fixture
def backend(gpu: FakeGpu) -> Any:
    return importlib.import_module("flopsbench.backends.cupy")


def problem(dtype: str = "fp32", layout: Layout = "nn", m: int = 33, n: int = 17, k: int = 21) -> Problem:
    return Problem(m, n, k, parse_dtype(dtype), layout)


def product(backend: Any, kernel: str, asked: Problem) -> Product:
    return Product(space_of(backend), backend.KERNELS[kernel], asked, H200)


def test_every_kernel_is_offered_to_a_shell(backend: Any) -> None:
    assert set(backend.KERNELS) <= set(completion.kernels())


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("dtype", list(BOUNDS))
def test_cublas_computes_the_product(backend: Any, dtype: str, layout: Layout) -> None:
    job = product(backend, "cublas", problem(dtype, layout))
    job.launch()
    assert job.c().shape == (33, 17)
    assert job.deviation() < BOUNDS[dtype]


def test_tf32_is_asked_for_and_strict_fp32_is_not_tf32(backend: Any) -> None:
    jobs = [product(backend, "cublas", problem(dtype)) for dtype in ("fp32", "tf32")]
    for job in jobs:
        job.launch()
    strict, tf32 = (job.deviation() for job in jobs)
    assert strict < 1e-5 < tf32


@pytest.mark.parametrize("kernel", ["plain_sgemm", "tiled_sgemm"])
def test_own_kernels_get_their_arguments(backend: Any, kernel: str) -> None:
    job = product(backend, kernel, problem())
    job.launch()
    assert job.deviation() < BOUNDS["fp32"]
    assert job.prepared.library == f"flopsbench {kernel}, NVRTC 12.9"
    assert job.prepared.math == "ieee, denormals flushed"


@pytest.mark.parametrize(
    ("dtype", "storage", "accumulate", "math"),
    [("fp64", "fp64", "fp64", "ieee"), ("tf32", "fp32", "fp32", "tf32"), ("fp16", "fp16", "fp32", "ieee")],
)
def test_what_ran_is_recorded(backend: Any, gpu: FakeGpu, dtype: str, storage: str, accumulate: str, math: str) -> None:
    compute = product(backend, "cublas", problem(dtype)).compute()
    assert (compute.a, compute.b, compute.c) == (storage,) * 3
    assert (compute.accumulate, compute.math, compute.library) == (accumulate, math, "cuBLAS 12.9.4")
    assert gpu.cublas.math_mode == 16  # sums of 16-bit formats are not rounded on the way


@pytest.mark.parametrize(
    ("kernel", "asked", "device", "reason"),
    [
        ("cublas", problem("bf16"), TURING, "bf16 needs sm_80 or newer, this is sm_75"),
        ("cublas", problem("tf32"), TURING, "tf32 needs sm_80 or newer, this is sm_75"),
        ("cublas", problem("fp8_e4m3"), H200, "cupy has no fp8_e4m3 GEMM here"),
        ("cublas", problem("int8"), H200, "cupy has no int8 GEMM here"),
        ("tiled_sgemm", problem("fp16"), H200, "tiled_sgemm computes fp32 only"),
        ("plain_sgemm", problem(layout="nt"), H200, "plain_sgemm reads layout nn only"),
        ("plain_sgemm", problem(), CPU, "cupy runs on GPUs alone"),
        ("cublas", problem(), CPU, "cupy runs on GPUs alone"),
    ],
)
def test_what_cannot_run_has_a_reason(backend: Any, kernel: str, asked: Problem, device: Device, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        backend.KERNELS[kernel](asked, device)


def test_an_override_of_tf32_is_respected(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    with pytest.raises(Unsupported, match="NVIDIA_TF32_OVERRIDE=0 turns tf32 off"):
        backend.KERNELS["cublas"](problem("tf32"), H200)
    assert backend.KERNELS["cublas"](problem("fp32"), H200).notes == ("NVIDIA_TF32_OVERRIDE=0",)


def test_a_missing_cuda_library_is_a_reason(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cupy_backends.cuda.libs.cublas")
    monkeypatch.delattr(sys.modules["cupy_backends.cuda.libs"], "cublas")
    with pytest.raises(Unsupported, match="cupy cannot load a CUDA library"):
        backend.KERNELS["cublas"](problem(), H200)


def test_a_kernel_allocates_nothing_while_it_is_prepared(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys.modules["cupy"], "empty")
    for kernel in backend.KERNELS.values():
        kernel(problem(m=900_000, n=900_000, k=900_000), H200)


def test_arguments_are_computed_once_per_set_of_addresses(
    backend: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[Any, ...]] = []
    job = product(backend, "cublas", problem())
    monkeypatch.setattr(gpu.cublas, "gemmEx", lambda *arguments: calls.append(arguments))
    a, b, c = job.views
    another = c.copy()
    for output in (c, another, c, another):
        job.prepared.launch(a, b, output)
    assert [call[14] for call in calls] == [c.data.ptr, another.data.ptr] * 2
    assert calls[0][6] == calls[2][6] == calls[1][6]  # where alpha lies
    assert np.shares_memory(a, job.flat.a)


@pytest.mark.parametrize("dtype", list(BOUNDS))
def test_spoil_exposes_launches_that_stop(
    backend: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    job = product(backend, "cublas", problem(dtype))
    job.launch()
    assert not np.isnan(job.c()).any()
    job.space.spoil(job.flat.c)
    monkeypatch.setattr(gpu.cublas, "gemmEx", lambda *arguments: None)
    job.launch()
    assert np.isnan(job.c()).all()


def test_the_problem_runs_on_its_device(backend: Any, gpu: FakeGpu) -> None:
    backend.KERNELS["tiled_sgemm"](problem(), Device("cuda", 3, "NVIDIA Test", arch="sm_90"))
    assert gpu.current == 3
