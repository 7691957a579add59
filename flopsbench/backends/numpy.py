"""Runs GEMM by numpy on the CPU: fp64 and fp32 through the BLAS it was built with, into a preallocated output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from flopsbench.backend import Compute, Gemm, HostClock, Kernel, Operands, Rotation
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu import available_memory_bytes, cpu_device, last_level_cache_bytes, threads
from flopsbench.problem import Problem, operand_sets
from flopsbench.words.reason import Reason

STORAGE: dict[str, type[np.floating[Any]]] = {"fp64": np.float64, "fp32": np.float32}

Array = NDArray[Any]


def devices() -> Sequence[Device]:
    """Return the CPU, the only device of numpy."""
    return [cpu_device()]


def prepare(problem: Problem, device: Device) -> Gemm:
    """Prepare ``np.matmul(A, B, out=C)`` on rotating operands; raise Unsupported for dtypes no BLAS serves."""
    name = problem.dtype.name
    if device.kind != "cpu":
        raise Unsupported(Reason("numpy_cpu_alone"))
    if name not in STORAGE:
        raise Unsupported(Reason("numpy_no_blas", dtype=name))
    count = operand_sets(problem, last_level_cache_bytes(), available_memory_bytes())
    random = np.random.default_rng(problem.seed)
    rotation = Rotation([_operands(problem, random) for _ in range(count)])
    threadpool_limits(threads(), user_api="blas")

    def launch() -> None:
        a, b, c = rotation.next()
        np.matmul(a, b, out=c)

    def spoil() -> None:
        for _, _, c in rotation.sets:
            c.fill(np.nan)

    return Gemm(
        launch=launch,
        spoil=spoil,
        operands=lambda: Operands(*rotation.last),
        clock=HostClock(),
        amount=problem.amount,
        compute=Compute(a=name, b=name, c=name, accumulate=name, library=_blas(), threads=threads()),
        sets=count,
    )


KERNELS: Mapping[str, Kernel] = {"blas": prepare}


def _operands(problem: Problem, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw A and B of N(0,1) in the problem's layout, seen as m x k and k x n, and a C of m x n filled with NaN."""
    storage = STORAGE[problem.dtype.name]

    def normal(rows: int, columns: int, transposed: bool) -> Array:
        shape = (columns, rows) if transposed else (rows, columns)
        values = random.standard_normal(shape, dtype=storage)
        return values.T if transposed else values

    a = normal(problem.m, problem.k, problem.layout == "tn")
    b = normal(problem.k, problem.n, problem.layout == "nt")
    return a, b, np.full((problem.m, problem.n), np.nan, dtype=storage)


def _blas() -> str:
    """Return the BLAS that serves numpy, its version and which of its kernels: "OpenBLAS 0.3.30 SkylakeX"."""
    for pool in threadpool_info():
        if pool["user_api"] == "blas":
            names = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "flexiblas": "FlexiBLAS"}
            api = pool["internal_api"]
            parts = (names.get(api, api), pool.get("version"), pool.get("architecture"))
            return " ".join(part for part in parts if part)
    built_with = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{built_with['name']} {built_with['version']}".strip()
