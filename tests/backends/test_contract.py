"""The backend contract, over every backend: numpy, torch, cupy on a fake GPU, and a stranger."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flopsbench.backend import Backend, Gemm, Operands
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.problem import Layout, Problem
from flopsbench.proof.prove import prove
from tests.backends.cupy.fake_cupy import FakeGpu
from tests.backends.cupy.fake_cupy import install as install_fake_cupy
from tests.backends.torch_or_skip import torch_or_skip
from tests.strangers import exact

BACKENDS = ("numpy", "torch", "cupy", "stranger")
SHAPES = ((64, 64, 64), (96, 32, 160), (1, 1, 1), (33, 17, 21))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    if request.param == "stranger":
        yield exact
        return
    if request.param == "cupy":
        install_fake_cupy(FakeGpu(), monkeypatch)
    if request.param == "torch":
        torch_or_skip()
    yield importlib.import_module(f"flopsbench.backends.{request.param}")


def device_of(backend: Backend) -> Device:
    return (list(backend.devices()) or [Device("cuda", 0, "NVIDIA Test", arch="sm_90", cache_bytes=50_000)])[0]


def prepared(backend: Backend, problem: Problem) -> Iterator[tuple[str, Gemm]]:
    """A job of every kernel that takes the problem; the others must say why not."""
    for name, prepare in backend.KERNELS.items():
        try:
            job = prepare(problem, device_of(backend))
        except Unsupported as error:
            reason = str(error)
        else:
            yield name, job
            continue
        assert len(reason) > 10


def problem(dtype: str = "fp32", layout: Layout = "nn", m: int = 64, n: int = 64, k: int = 64) -> Problem:
    return Problem(m, n, k, DTYPES[dtype], layout)


def test_it_has_a_kernel_and_its_devices_have_names(backend: Backend) -> None:
    assert backend.KERNELS
    for device in backend.devices():
        assert device.kind in ("cpu", "cuda")
        assert device.name


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_product_is_proven_or_refused_with_a_reason(backend: Backend, dtype: str) -> None:
    for name, job in prepared(backend, problem(dtype)):
        job.launch()
        job.spoil()
        job.clock.time(job.launch, 1)
        proof = prove(job.operands(), job.compute, seed=1)
        assert proof.passed, f"{name} {dtype}: {proof.reason}"


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_and_layout_is_right_or_refused(
    backend: Backend, shape: tuple[int, int, int], layout: Layout
) -> None:
    m, n, k = shape
    for name, job in prepared(backend, problem("fp64", layout, m, n, k)):
        job.launch()
        operands = job.operands()
        assert (operands.a.shape, operands.b.shape, operands.c.shape) == ((m, k), (k, n), (m, n)), name
        assert prove(operands, job.compute, seed=2).passed, name


@pytest.mark.slow
def test_a_spoiled_output_fails_the_proof_until_it_is_computed_again(backend: Backend) -> None:
    for dtype in ("fp64", "fp32", "bf16", "int8"):
        for name, job in prepared(backend, problem(dtype)):
            job.launch()
            job.spoil()
            assert not prove(job.operands(), job.compute, seed=3).passed, f"{name} {dtype}"


@pytest.mark.slow
def test_launches_rotate_through_sets_of_operands(backend: Backend) -> None:
    for name, job in prepared(backend, problem("fp64")):
        seen = {first_element(job) for _ in range(job.sets)}
        assert len(seen) == job.sets, name


def first_element(job: Gemm) -> float:
    job.launch()
    return float(job.operands().a[0, 0])


def test_a_block_takes_time_and_runs_its_launches(backend: Backend) -> None:
    for _, job in prepared(backend, problem("fp64")):
        launched = []
        elapsed = job.clock.time(lambda job=job, launched=launched: launched.append(job.launch()), 3)  # type: ignore[misc]  # each call binds its own
        assert elapsed.seconds >= 0
        assert elapsed.host_seconds is None or elapsed.host_seconds > 0
        assert launched


def test_the_same_seed_gives_the_same_operands_and_another_seed_others(backend: Backend) -> None:
    def drawn(seed: int) -> list[Any]:
        jobs = prepared(backend, replace(problem("fp64"), seed=seed))
        return [(job.launch(), job.operands().a)[1].tolist() for _, job in jobs]

    assert drawn(5) == drawn(5) != drawn(6)


def test_data_is_normal_and_never_constant(backend: Backend) -> None:
    for _, job in prepared(backend, problem("fp64")):
        job.launch()
        operands: Operands = job.operands()
        for matrix in (operands.a, operands.b):
            assert abs(float(np.mean(matrix))) < 0.1
            assert 0.9 < float(np.std(matrix)) < 1.1
        assert not np.array_equal(operands.a, operands.b)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_allocated(backend: Backend) -> None:
    if backend is exact:
        return  # a stranger of a dozen lines does not look
    huge = problem("fp64", m=900_000, n=900_000, k=900_000)
    for prepare in backend.KERNELS.values():
        with pytest.raises(Unsupported, match=r"GiB|fp32 only"):
            prepare(huge, device_of(backend))
