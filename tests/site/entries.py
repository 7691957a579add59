"""Entries for tests: one device, one figure, unless told otherwise."""

from __future__ import annotations

from typing import Any

from flopsbench.registry.entry import Entry, Figure, Machine
from flopsbench.result.types import METHOD_VERSION

H200 = Machine(
    slug="h200-sxm", name="NVIDIA H200", kind="cuda", vendor="NVIDIA", driver="570.1", accelerator="h200-sxm"
)
CPU = Machine(slug="amd-epyc-zen-4-8-cores", name="AMD EPYC Zen 4", kind="cpu", cores=8)


def figure(median: float = 7e14, **fields: Any) -> Figure:
    """A bf16 burst case on the H200."""
    known = {
        "device": H200.slug,
        "dtype": "bf16",
        "math": "ieee",
        "unit": "FLOP/s",
        "shape": (8192, 8192, 8192),
        "layout": "nn",
        "backend": "torch",
        "kernel": "matmul",
        "library": "cuBLAS, CUDA 12.6",
        "regime": "burst",
        "median": median,
        "low": 0.99 * median,
        "high": 1.01 * median,
        "of_peak": median / 9.89e14,
        "grade": "A",
    }
    return Figure(**known | fields)


def own(median: float = 5e14, **fields: Any) -> Figure:
    """A kernel of this project's own, on the same problem."""
    return figure(median, **{"backend": "cupy", "kernel": "tiled_sgemm", "library": "tiled_sgemm.cu", **fields})


def entry(number: int, *figures: Figure, machines: list[Machine] | None = None, **fields: Any) -> Entry:
    """The Result of that number, whose page and date follow from it."""
    known = {
        "id": f"sha256:{number:016x}{number:048x}",
        "path": f"v1/h200-sxm/2026/{number:016x}.json",
        "page": f"{number:016x}",
        "created": f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}T12:00:00Z",
        "profile": "registry",
        "tool": "0.1.0",
        "method": METHOD_VERSION,
        "machines": [H200] if machines is None else machines,
        "figures": list(figures) or [figure()],
        "versions": {"torch": "2.8.0"},
    }
    return Entry(**known | fields)


def by(handle: str | None, number: int, median: float, machine_id: str | None = None, **fields: Any) -> Entry:
    """A Result of somebody, from their own machine unless another one is named."""
    return entry(number, figure(median), submitter=handle, machine_id=machine_id or f"machine of {handle}", **fields)
