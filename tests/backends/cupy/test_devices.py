"""The cupy backend, executed on a stand-in for cupy that follows cuBLAS's rules; no GPU takes part."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from flopsbench.backend import Gemm
from flopsbench.device import Device
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported
from flopsbench.problem import Layout, Problem
from tests.backends.cupy.fake_cupy import FakeGpu, install

# Largest |C - A·B| over the root of k that rounding of the products and of C explains.
BOUNDS = {"fp64": 1e-14, "fp32": 1e-6, "tf32": 5e-3, "fp16": 5e-3, "bf16": 4e-2}
H200 = Device("cuda", 0, "NVIDIA Test", arch="sm_90", cache_bytes=50_000)
CPU = Device("cpu", 0, "a CPU", arch="x86_64")
TURING = Device("cuda", 0, "NVIDIA Old", arch="sm_75", cache_bytes=50_000)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    gpu = FakeGpu()
    install(gpu, monkeypatch)
    return gpu


@pytest.fixture
def backend(gpu: FakeGpu) -> Any:
    return importlib.import_module("flopsbench.backends.cupy.devices")


def problem(dtype: str = "fp32", layout: Layout = "nn", m: int = 33, n: int = 17, k: int = 21) -> Problem:
    return Problem(m, n, k, parse_dtype(dtype), layout)


def deviation(job: Gemm) -> float:
    """Largest |C - A·B| of the last launch, over the root of k."""
    operands = job.operands()
    exact = operands.a.astype(np.float64) @ operands.b.astype(np.float64)
    return float(np.max(np.abs(operands.c.astype(np.float64) - exact)) / np.sqrt(operands.a.shape[1]))


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("dtype", list(BOUNDS))
def test_cublas_computes_the_product(backend: Any, dtype: str, layout: Layout) -> None:
    job = backend.KERNELS["cublas"](problem(dtype, layout), H200)
    job.launch()
    operands = job.operands()
    assert (operands.a.shape, operands.b.shape, operands.c.shape) == ((33, 21), (21, 17), (33, 17))
    assert deviation(job) < BOUNDS[dtype]


def test_tf32_is_asked_for_and_strict_fp32_is_not_tf32(backend: Any) -> None:
    jobs = [backend.KERNELS["cublas"](problem(dtype), H200) for dtype in ("fp32", "tf32")]
    for job in jobs:
        job.launch()
    strict, tf32 = map(deviation, jobs)
    assert strict < 1e-5 < tf32


@pytest.mark.parametrize("kernel", ["plain_sgemm", "tiled_sgemm"])
def test_own_kernels_get_their_arguments(backend: Any, kernel: str) -> None:
    job = backend.KERNELS[kernel](problem(), H200)
    job.launch()
    assert deviation(job) < BOUNDS["fp32"]
    assert job.compute.library == f"flopsbench {kernel}, NVRTC 12.9"


@pytest.mark.parametrize(
    ("dtype", "storage", "accumulate", "math"),
    [("fp64", "fp64", "fp64", "ieee"), ("tf32", "fp32", "fp32", "tf32"), ("fp16", "fp16", "fp32", "ieee")],
)
def test_what_ran_is_recorded(backend: Any, gpu: FakeGpu, dtype: str, storage: str, accumulate: str, math: str) -> None:
    compute = backend.KERNELS["cublas"](problem(dtype), H200).compute
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


@pytest.mark.parametrize(("dtype", "free_bytes"), [("fp32", 1_000_000), ("bf16", 1_300_000)])
def test_memory_is_checked_before_it_is_taken(
    backend: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch, dtype: str, free_bytes: int
) -> None:
    """bf16 fits when it lies in memory (0.96 MB), but not while it is drawn in float32 and rounded."""
    monkeypatch.delattr(sys.modules["cupy"], "random")
    monkeypatch.delattr(sys.modules["cupy"], "empty")
    gpu.free_bytes = free_bytes
    with pytest.raises(Unsupported, match=r"needs \S+ GiB of memory, \S+ GiB are free"):
        backend.KERNELS["cublas"](problem(dtype, m=400, n=400, k=400), H200)


def test_launches_rotate_among_different_operands(backend: Any) -> None:
    job = backend.KERNELS["cublas"](problem(), H200)
    seen = []
    for _ in range(job.sets + 1):
        job.launch()
        seen.append(job.operands().a)
        assert deviation(job) < BOUNDS["fp32"]
    assert job.sets * problem().amount.bytes >= 2 * 50_000
    assert np.array_equal(seen[0], seen[-1])
    assert not np.array_equal(seen[0], seen[1])


@pytest.mark.parametrize("dtype", list(BOUNDS))
def test_spoil_exposes_launches_that_stop(
    backend: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    job = backend.KERNELS["cublas"](problem(dtype), H200)
    for _ in range(job.sets):
        job.launch()
    assert not np.isnan(job.operands().c).any()
    job.spoil()
    monkeypatch.setattr(gpu.cublas, "gemmEx", lambda *arguments: None)
    for _ in range(job.sets):
        job.launch()
        assert np.isnan(job.operands().c).all()


def test_data_is_seeded_and_normal(backend: Any) -> None:
    first, again = (backend.KERNELS["cublas"](problem("bf16", m=200, k=200), H200).operands().a for _ in range(2))
    assert np.array_equal(first, again)
    assert abs(first.mean()) < 0.03
    assert abs(first.std() - 1) < 0.03


def test_bf16_is_rounded_to_nearest(backend: Any) -> None:
    operands = importlib.import_module("flopsbench.backends.cupy.operands")
    values = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -2.5], np.float32)
    rounded = operands._to_host(operands._round_to_bf16(values.copy()), "bf16")
    assert rounded.tolist() == [1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -2.5]


def test_clock_reads_device_and_host(backend: Any, gpu: FakeGpu) -> None:
    """The device says three seconds where the host saw none: both figures come back, so that it shows."""
    clock = backend.KERNELS["cublas"](problem(), H200).clock
    elapsed = clock.time(gpu.works(seconds=1.0), loops=3)
    assert elapsed.seconds == pytest.approx(3.0)
    assert elapsed.host_seconds < 1.0
    assert gpu.synchronized == 1


def test_devices_are_described(backend: Any) -> None:
    (device,) = backend.devices()
    assert (device.id, device.name, device.arch, device.units) == ("cuda:0", "NVIDIA Test", "sm_90", 132)
    assert device.clock_max_hz == 1.98e9
    assert device.uuid == "01020304-0506-0708-090a-0b0c0d0e0f10"


def test_a_uuid_cut_short_is_absent(backend: Any, gpu: FakeGpu) -> None:
    gpu.properties["uuid"] = b"\x01\x02"
    assert backend.devices()[0].uuid is None


def test_no_driver_means_no_devices(backend: Any, gpu: FakeGpu) -> None:
    gpu.count = 0
    assert backend.devices() == []


def test_the_problem_runs_on_its_device(backend: Any, gpu: FakeGpu) -> None:
    backend.KERNELS["tiled_sgemm"](problem(), Device("cuda", 3, "NVIDIA Test", arch="sm_90"))
    assert gpu.current == 3
