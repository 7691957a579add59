"""One product of a kernel on a space, made and judged as the harness does it, only simpler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flopsbench.backend import Backend, Compute, Formats, Kernel, Prepared, Space, Unsupported
from flopsbench.backends.installed import space_of
from flopsbench.backends.operands import STORAGES, draw_base, fill
from flopsbench.device import Device
from flopsbench.problem import Problem

# Largest |C - A·B| over the root of k, for N(0,1), sums in the accumulator and one rounding to the output's format.
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
Codes = NDArray[Any]


class Sides(NamedTuple):
    """A, B and C as flat arrays of a space."""

    a: Any
    b: Any
    c: Any


class Product:
    """A kernel on one set of operands, drawn from the problem's seed; raises Unsupported where it does not take it."""

    def __init__(self, space: Space, kernel: Kernel, problem: Problem, device: Device) -> None:
        brought: Any = kernel(problem, device)
        self.prepared = brought if isinstance(brought, Prepared) else Prepared(brought)
        self.formats: Formats = space.formats(problem, device)
        self.problem, self.space, self.device = problem, space, device
        m, n, k, layout = problem.m, problem.n, problem.k, problem.layout
        self.flat = Sides(
            *(space.empty(*each, device) for each in zip(self.formats, (m * k, k * n, m * n), strict=True))
        )
        self.views = (
            space.view(self.flat.a, m, k, layout == "tn"),
            space.view(self.flat.b, k, n, layout == "nt"),
            space.view(self.flat.c, m, n, False),
        )
        self.scaled = self.formats.a.startswith("fp8")
        self.scales = [space.scalar(STORAGES[name].scale, device) for name in self.formats[:2]] if self.scaled else []
        self.codes = [self._drawn(m * k, self.formats.a, 1), self._drawn(k * n, self.formats.b, 2)]
        space.load(self.flat.a, self.codes[0])
        space.load(self.flat.b, self.codes[1])
        space.spoil(self.flat.c)

    def _drawn(self, size: int, storage: str, offset: int) -> Codes:
        base = draw_base(storage, self.problem.seed + offset, size)
        drawn = np.empty_like(base)
        fill(drawn, base, offset)
        return drawn

    def launch(self) -> None:
        self.prepared.launch(*self.views, *self.scales)

    def c(self) -> NDArray[np.float64]:
        """C as it lies in the space now, m x n."""
        self.space.wait(self.device)
        codes = self.space.fetch(self.flat.c).reshape(self.problem.m, self.problem.n)
        return codes.astype(np.float64) if self.formats.c == "int32" else STORAGES[self.formats.c].widen(codes)

    def exact(self) -> NDArray[np.float64]:
        """A·B in float64."""
        m, n, k, layout = self.problem.m, self.problem.n, self.problem.k, self.problem.layout
        a, b = (
            STORAGES[storage].widen(codes) * (STORAGES[storage].scale if self.scaled else 1)
            for storage, codes in zip(self.formats[:2], self.codes, strict=True)
        )
        return (a.reshape(k, m).T if layout == "tn" else a.reshape(m, k)) @ (
            b.reshape(n, k).T if layout == "nt" else b.reshape(k, n)
        )

    def deviation(self) -> float:
        """Largest |C - A·B| over the root of k; NaN where C holds one."""
        return float(np.max(np.abs(self.c() - self.exact())) / np.sqrt(self.problem.k))

    def is_right(self) -> bool:
        return self.deviation() <= BOUNDS[self.problem.dtype.name]

    def compute(self) -> Compute:
        """What the kernel says it runs, in the formats of the space."""
        prepared, dtype = self.prepared, self.problem.dtype
        accumulate = prepared.accumulate or dtype.accumulate
        return Compute(*self.formats, accumulate, prepared.library, prepared.math or "ieee", prepared.threads)


def products(backend: Backend, problem: Problem, device: Device) -> Iterator[tuple[str, Product]]:
    """A product by every kernel that takes the problem; the others must say why not."""
    for name, kernel in backend.KERNELS.items():
        try:
            product = Product(space_of(backend), kernel, problem, device)
        except Unsupported as error:
            reason = str(error)
        else:
            yield name, product
            continue
        assert len(reason) > 10, name
