"""Draws operands of a GEMM as torch tensors, in the dtype asked for, spoils and fetches them."""

from __future__ import annotations

from typing import NamedTuple

import torch

from flopsbench.backend import Operands
from flopsbench.device import Device
from flopsbench.problem import Problem

STORAGE = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp8_e4m3": torch.float8_e4m3fn,
    "fp8_e5m2": torch.float8_e5m2,
    "int8": torch.int8,
    "int32": torch.int32,
}


class Formats(NamedTuple):
    """Formats are the names of the storage formats of A, B and C."""

    a: str
    b: str
    c: str


# The dtypes whose three matrices are not all stored in the format of the dtype's name. cuBLAS multiplies e5m2 by e4m3,
# never e5m2 by e5m2.
_MIXED = {
    "tf32": Formats("fp32", "fp32", "fp32"),
    "fp8_e4m3": Formats("fp8_e4m3", "fp8_e4m3", "bf16"),
    "fp8_e5m2": Formats("fp8_e5m2", "fp8_e4m3", "bf16"),
    "int8": Formats("int8", "int8", "int32"),
}


def formats(dtype_name: str) -> Formats:
    """Return the storage formats in which torch multiplies a dtype."""
    return _MIXED.get(dtype_name, Formats(dtype_name, dtype_name, dtype_name))


class TorchOperands(NamedTuple):
    """TorchOperands are one set of operands, with the factors that undo the FP8 scaling of A and B."""

    a: torch.Tensor
    b: torch.Tensor
    c: torch.Tensor
    scale_a: torch.Tensor
    scale_b: torch.Tensor


def draw_set(problem: Problem, device: Device, generator: torch.Generator) -> TorchOperands:
    """Draw A and B of N(0,1) in the problem's layout, seen as m x k and k x n, and a spoiled C of m x n."""
    names = formats(problem.dtype.name)

    def normal(rows: int, columns: int, transposed: bool, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        shape = (columns, rows) if transposed else (rows, columns)
        wide = torch.float64 if storage is torch.float64 else torch.float32
        values, scale = _stored(torch.randn(shape, generator=generator, device=device.id, dtype=wide), storage)
        return (values.t() if transposed else values), scale

    a, scale_a = normal(problem.m, problem.k, problem.layout == "tn", STORAGE[names.a])
    b, scale_b = normal(problem.k, problem.n, problem.layout == "nt", STORAGE[names.b])
    c = torch.empty((problem.m, problem.n), dtype=STORAGE[names.c], device=device.id)
    spoil(c)
    return TorchOperands(a, b, c, scale_a, scale_b)


def _stored(values: torch.Tensor, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return values of N(0,1) in the storage format, and the factor that turns stored values back into them."""
    one = torch.ones((), device=values.device, dtype=torch.float32)
    if storage is torch.int8:
        return (values * 32).round_().clamp_(-127, 127).to(storage), one
    if storage.is_floating_point and storage.itemsize == 1:
        scale = values.abs().amax() / torch.finfo(storage).max
        return (values / scale).to(storage), scale.float()
    return values.to(storage), one


def spoil(c: torch.Tensor) -> None:
    """Overwrite C with NaN, or with the smallest integer: neither is ever a product."""
    c.fill_(float("nan") if c.is_floating_point() else torch.iinfo(c.dtype).min)


def fetch(each: TorchOperands) -> Operands:
    """Return the set on the host, as the proof takes it; formats that numpy lacks come as float32."""

    def host(tensor: torch.Tensor) -> torch.Tensor:
        exact_in_numpy = tensor.dtype in (torch.float64, torch.float32, torch.int8, torch.int32)
        return (tensor if exact_in_numpy else tensor.float()).cpu()

    a, b, c = (host(tensor).numpy() for tensor in (each.a, each.b, each.c))
    return Operands(a, b, c, scale=float(each.scale_a) * float(each.scale_b))
