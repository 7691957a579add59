"""Draws operands of a GEMM in device memory, spoils and fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cupy
import numpy as np

from flopsbench.backend import Operands
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.problem import Problem, operand_sets
from flopsbench.units import gibibytes
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.backend import HostArray

_SCRATCH_BYTES = {"fp16": 4, "bf16": 8}  # per element, while an operand is drawn in float32 and then rounded
_BF16_NAN = 0x7FC0
_STORAGE = {"fp64": np.float64, "fp32": np.float32, "tf32": np.float32, "fp16": np.float16, "bf16": np.uint16}


@dataclass(frozen=True, slots=True)
class OperandSet:
    """An OperandSet is A, B and C as they lie in device memory.

    A is m x k ("tn": k x m), B is k x n ("nt": n x k), C is m x n. bf16 is kept as its bit pattern in uint16, because
    cupy knows no bf16 array without a further package.
    """

    a: Any
    b: Any
    c: Any


def draw_sets(problem: Problem, device: Device) -> list[OperandSet]:
    """Draw enough sets that no launch finds its data in cache, every C spoilt.

    Raise Unsupported, before anything is allocated, for what does not fit.
    """
    count = _affordable_sets(problem, device)
    random = cupy.random.RandomState(problem.seed)
    sets = [_draw(problem, random) for _ in range(count)]
    spoil(problem, sets)  # which also touches every page of C before the first launch
    return sets


def spoil(problem: Problem, sets: Sequence[OperandSet]) -> None:
    """Overwrite every C with NaN."""
    for operands in sets:
        operands.c.fill(_BF16_NAN if problem.dtype.name == "bf16" else float("nan"))


def fetch(problem: Problem, operands: OperandSet) -> Operands:
    """Return A (m x k), B (k x n) and C (m x n) on the host; bf16 as float32, which holds it exactly."""
    a, b, c = (_to_host(array, problem.dtype.name) for array in (operands.a, operands.b, operands.c))
    return Operands(a.T if problem.layout == "tn" else a, b.T if problem.layout == "nt" else b, c)


def _affordable_sets(problem: Problem, device: Device) -> int:
    """Return how many sets to draw; raise Unsupported where drawing them takes more memory than is free."""
    cupy.get_default_memory_pool().free_all_blocks()  # what earlier problems left behind counts as free
    free_bytes, _ = cupy.cuda.runtime.memGetInfo()
    count = operand_sets(problem, device.cache_bytes or 0, free_bytes)
    largest = max(problem.m * problem.k, problem.k * problem.n)
    needed_bytes = count * problem.amount.bytes + largest * _SCRATCH_BYTES.get(problem.dtype.name, 0)
    if needed_bytes > free_bytes:
        raise Unsupported(Reason("too_little_memory", needed=gibibytes(needed_bytes), free=gibibytes(free_bytes)))
    return count


def _draw(problem: Problem, random: Any) -> OperandSet:
    """Draw one set; its C is not touched yet."""
    m, n, k, name = problem.m, problem.n, problem.k, problem.dtype.name
    a = _normals(random, (k, m) if problem.layout == "tn" else (m, k), name)
    b = _normals(random, (n, k) if problem.layout == "nt" else (k, n), name)
    return OperandSet(a, b, cupy.empty((m, n), dtype=_STORAGE[name]))


def _normals(random: Any, shape: tuple[int, int], dtype_name: str) -> Any:
    """Draw N(0,1) of that shape in the storage of the dtype, rounded on the device."""
    if dtype_name == "fp64":
        return random.standard_normal(shape, dtype=np.float64)
    values = random.standard_normal(shape, dtype=np.float32)
    return _round_to_bf16(values) if dtype_name == "bf16" else values.astype(_STORAGE[dtype_name], copy=False)


def _round_to_bf16(values: Any) -> Any:
    """Return float32 values rounded to bf16, to nearest with ties to even; in place, to save memory."""
    bits = values.view(np.uint32)
    odd = bits >> 16
    odd &= 1
    bits += odd
    bits += 0x7FFF
    bits >>= 16
    return bits.astype(np.uint16)


def _to_host(array: Any, dtype_name: str) -> HostArray:
    """Return an array on the host, bf16 as float32."""
    host: HostArray = cupy.asnumpy(array)
    return (host.astype(np.uint32) << 16).view(np.float32) if dtype_name == "bf16" else host
