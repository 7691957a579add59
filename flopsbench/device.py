"""Describes a device that can run a GEMM, as the software sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Device:
    """A Device is the CPU (all cores this process may use) or one GPU.

    ``kind`` is "cpu" or "cuda"; ``index`` counts within the kind. ``units`` is the number of cores or SMs in use,
    ``memory_bytes`` the device's memory, ``cache_bytes`` its last-level cache. ``arch`` is "x86_64", "sm_90", ...
    ``uuid`` finds the GPU in NVML; it identifies one machine and is never written to a document. Fields are None where
    the software does not say.
    """

    kind: str
    index: int
    name: str
    vendor: str | None = None
    arch: str | None = None
    units: int | None = None
    memory_bytes: int | None = None
    cache_bytes: int | None = None
    clock_max_hz: float | None = None
    uuid: str | None = None

    @property
    def id(self) -> str:
        """Return the name that ``--device`` takes: "cpu", "cuda:0"."""
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"
