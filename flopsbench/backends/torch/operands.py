"""Operands of a GEMM as torch holds them: drawn, stored in the dtype asked for, spoiled and fetched."""

from __future__ import annotations

from typing import NamedTuple

import torch

from flopsbench.backend import Operands
from flopsbench.device import Device
from flopsbench.problem import Problem

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


class TorchOperands(NamedTuple):
    """One set of operands; A and B carry the factor that undoes their FP8 scaling."""

    a: torch.Tensor
    b: torch.Tensor
    c: torch.Tensor
    scale_a: torch.Tensor
    scale_b: torch.Tensor


def draw_set(problem: Problem, device: Device, generator: torch.Generator) -> TorchOperands:
    """A, B of N(0,1) in the problem's layout, seen as m x k and k x n, and a spoiled C of m x n."""
    name = problem.dtype.name

    def normal(rows: int, columns: int, transposed: bool, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        shape = (columns, rows) if transposed else (rows, columns)
        wide = torch.float64 if storage is torch.float64 else torch.float32
        values, scale = _stored(torch.randn(shape, generator=generator, device=device.id, dtype=wide), storage)
        return (values.t() if transposed else values), scale

    a, scale_a = normal(problem.m, problem.k, problem.layout == "tn", STORAGE[name])
    b, scale_b = normal(problem.k, problem.n, problem.layout == "nt", STORAGE_OF_B[name])
    c = torch.empty((problem.m, problem.n), dtype=OUTPUT.get(name, STORAGE[name]), device=device.id)
    spoil(c)
    return TorchOperands(a, b, c, scale_a, scale_b)


def _stored(values: torch.Tensor, storage: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """N(0,1) in the storage format, and the scale that stored values are multiplied by to get them back."""
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
    """The set on the host, as the proof takes it; formats that numpy lacks come as float32."""

    def host(tensor: torch.Tensor) -> torch.Tensor:
        exact_in_numpy = tensor.dtype in (torch.float64, torch.float32, torch.int8, torch.int32)
        return (tensor if exact_in_numpy else tensor.float()).cpu()

    a, b, c = (host(tensor).numpy() for tensor in (each.a, each.b, each.c))
    return Operands(a, b, c, scale=float(each.scale_a) * float(each.scale_b))
