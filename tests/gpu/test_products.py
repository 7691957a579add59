"""On a real GPU: every kernel of every dtype gives the product, at sizes that do and do not fit its tiles."""

from __future__ import annotations

import numpy as np
import pytest

from flopsbench.backend import Backend, Gemm, Operands
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.problem import Layout, Problem

SHAPES = [(256, 256, 256), (257, 131, 263)]
# Largest |C - A·B| over the root of k, for sums in float32 and one rounding to the output's format.
BOUNDS = {
    "fp64": 1e-13,
    "fp32": 1e-5,
    "tf32": 1e-2,
    "bf16": 5e-2,
    "fp16": 1e-2,
    "fp8_e4m3": 5e-2,
    "fp8_e5m2": 5e-2,
    "int8": 0.0,
}


def prepare(backend: Backend, kernel: str, problem: Problem, device: Device) -> Gemm:
    """The job, or a skip with the reason the backend gives."""
    try:
        return backend.KERNELS[kernel](problem, device)
    except Unsupported as reason:
        pytest.skip(str(reason))


def deviation(operands: Operands) -> float:
    """Largest |C - scale·A·B| over the root of k, in float64."""
    exact = operands.scale * (operands.a.astype(np.float64) @ operands.b.astype(np.float64))
    return float(np.max(np.abs(operands.c.astype(np.float64) - exact)) / np.sqrt(operands.a.shape[1]))


def launched(job: Gemm) -> Operands:
    """The operands after every C was spoilt and one launch was made."""
    job.spoil()
    job.clock.time(job.launch, 1)
    return job.operands()


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("dtype", list(DTYPES))
def test_vendor_kernel(
    reached: tuple[Backend, Device], dtype: str, shape: tuple[int, int, int], layout: Layout
) -> None:
    backend, gpu = reached
    problem = Problem(*shape, DTYPES[dtype], layout)
    operands = launched(prepare(backend, next(iter(backend.KERNELS)), problem, gpu))
    assert deviation(operands) <= BOUNDS[dtype]


@pytest.mark.parametrize("shape", [*SHAPES, (1, 1, 1), (1000, 4, 30)], ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("kernel", ["plain_sgemm", "tiled_sgemm"])
def test_own_kernel(cupy_reached: tuple[Backend, Device], kernel: str, shape: tuple[int, int, int]) -> None:
    backend, gpu = cupy_reached
    operands = launched(prepare(backend, kernel, Problem(*shape, DTYPES["fp32"]), gpu))
    assert deviation(operands) <= BOUNDS["fp32"]


def test_tf32_computes_otherwise_than_strict_fp32(reached: tuple[Backend, Device]) -> None:
    backend, gpu = reached
    kernel = next(iter(backend.KERNELS))
    problem = Problem(512, 512, 512, DTYPES["tf32"])
    assert deviation(launched(prepare(backend, kernel, problem, gpu))) > BOUNDS["fp32"]


def test_a_launch_that_does_nothing_shows_no_product(reached: tuple[Backend, Device]) -> None:
    backend, gpu = reached
    job = prepare(backend, next(iter(backend.KERNELS)), Problem(256, 256, 256, DTYPES["fp32"]), gpu)
    for _ in range(job.sets):
        job.launch()
    job.spoil()
    assert np.isnan(job.operands().c).all()
