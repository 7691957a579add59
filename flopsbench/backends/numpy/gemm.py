"""Multiplies fp64 and fp32 by the BLAS that numpy was built with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from flopsbench.backend import Kernel, Prepared
from flopsbench.device import Device
from flopsbench.host.cpu.cores import threads
from flopsbench.problem import Problem

Array = NDArray[Any]


def prepare(problem: Problem, device: Device) -> Prepared:
    """Prepare ``np.matmul(A, B, out=C)``."""
    library = _blas()
    threadpool_limits(threads(library), user_api="blas")
    return Prepared(_launch, library=library, threads=threads(library))


def _launch(a: Array, b: Array, c: Array) -> None:
    np.matmul(a, b, out=c)


KERNELS: Mapping[str, Kernel] = {"blas": prepare}


def _blas() -> str:
    """Return the BLAS that serves numpy, its version and which of its kernels: "OpenBLAS 0.3.30 SkylakeX"."""
    for pool in threadpool_info():
        if pool["user_api"] == "blas":
            names = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "flexiblas": "FlexiBLAS"}
            api = pool["internal_api"]
            parts = (names.get(api, api), pool.get("version"), pool.get("architecture"))
            return " ".join(part for part in parts if part)
    built_with = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    if built_with["name"] in ("", "none"):
        return "numpy's own loops"
    return f"{built_with['name']} {built_with['version']}".strip()
