"""Multiplies fp64 and fp32 by the BLAS that numpy was built with, which threadpoolctl names and limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Kernel, Prepared
from flopsbench.device import Device
from flopsbench.host.cpu.cores import threads
from flopsbench.host.parent import import_safely
from flopsbench.host.privacy import without_places
from flopsbench.problem import Problem
from flopsbench.text import error_line
from flopsbench.words.reason import Reason

Array = NDArray[Any]
MOST_TOLD = 100  # characters of an error, in a note that has room for 200


def prepare(problem: Problem, device: Device) -> Prepared:
    """Prepare ``np.matmul(A, B, out=C)``; where threadpoolctl fails, by a library and on threads that nobody knows."""
    try:
        pools = import_safely("threadpoolctl")
        library = _blas(pools.threadpool_info())
        pools.threadpool_limits(threads(library), user_api="blas")
    except Exception as error:  # it walks through all libraries of the process, and not every system shows them
        return Prepared(_launch, notes=(Reason("blas_unknown", error=without_places(error_line(error))[:MOST_TOLD]),))
    return Prepared(_launch, library=library, threads=threads(library))


def _launch(a: Array, b: Array, c: Array) -> None:
    np.matmul(a, b, out=c)


KERNELS: Mapping[str, Kernel] = {"blas": prepare}


def _blas(pools: Iterable[Mapping[str, Any]]) -> str:
    """Return the BLAS that serves numpy, its version and which of its kernels: "OpenBLAS 0.3.30 SkylakeX"."""
    for pool in pools:
        if pool["user_api"] == "blas":
            names = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "flexiblas": "FlexiBLAS"}
            api = pool["internal_api"]
            parts = (names.get(api, api), pool.get("version"), pool.get("architecture"))
            return " ".join(part for part in parts if part)
    built_with = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    if built_with["name"] in ("", "none"):
        return "numpy's own loops"
    return f"{built_with['name']} {built_with['version']}".strip()
