"""Looks up how many operations one core or SM does per clock, in sourced tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flopsbench.device import kind_of
from flopsbench.peaks import microarchitecture

# Dense operations per clock of one SM, by compute capability: two for each multiply-add. Consumer chips are left
# out: some models of one architecture run their tensor cores at half its rate.
WORK_PER_CLOCK_OF_SM = {
    "sm_70": {"fp64": 64, "fp32": 128, "fp16": 1024},
    "sm_80": {"fp64": 128, "fp32": 128, "tf32": 1024, "bf16": 2048, "fp16": 2048, "int8": 4096},
    "sm_90": {"fp64": 256, "fp32": 256, "tf32": 2048, "bf16": 4096, "fp16": 4096, "int8": 8192}
    | {"fp8_e4m3": 8192, "fp8_e5m2": 8192},
}
SM_SOURCE = (
    "NVIDIA's V100, A100 and H100 architecture whitepapers, as worked through in "
    "https://forums.developer.nvidia.com/t/how-to-calculate-the-tensor-core-fp16-performance-of-h100/244727"
)


@lru_cache(maxsize=4096)  # documents of others may name any number of devices
def work_per_clock_of_unit(kind: str, arch: str | None, core: str | None, dtype_name: str) -> tuple[int | None, str]:
    """Return the operations per clock of one core or SM, and the source; None where there is no sourced figure.

    ``core`` is the name of a CPU's microarchitecture, ``arch`` that of a GPU ("sm_90").
    """
    if kind_of(kind).is_host:
        return _of_core(core, dtype_name)
    return WORK_PER_CLOCK_OF_SM.get(arch or "", {}).get(dtype_name), SM_SOURCE


Cores = Sequence[tuple[str | None, int]]  # the microarchitecture and the number of the cores of each kind


def work_per_clock_of_cores(cores: Cores, dtype_name: str) -> tuple[float | None, str]:
    """Return the operations per clock of all cores of a CPU, and the source; None where one has no sourced figure."""
    each = [(count, *_of_core(name, dtype_name)) for name, count in cores]
    work = [count * operations for count, operations, _ in each if operations]
    if not work or len(work) < len(cores):
        return None, ""
    sources = [reference if len(each) == 1 else f"{count} x {reference}" for count, _, reference in each]
    return float(sum(work)), " and ".join(sources)


def mean_clock_hz(cores: Cores, clocks_hz: Sequence[float], dtype_name: str) -> float:
    """Return the clock at which all cores together would do the same work: a mean weighted by their work per clock.

    Where that of one is not known, each core counts the same.
    """
    known = [_of_core(name, dtype_name)[0] for name, _ in cores]
    weights = [count * (each if each and all(known) else 1) for each, (_, count) in zip(known, cores, strict=True)]
    return sum(weight * hz for weight, hz in zip(weights, clocks_hz, strict=True)) / sum(weights)


def _of_core(name: str | None, dtype_name: str) -> tuple[int | None, str]:
    """Return the operations per clock of a core, and the source; None where there is no sourced figure."""
    row = microarchitecture.named(name)
    return (row.operations_per_clock.get(dtype_name), row.reference) if row else (None, "")
