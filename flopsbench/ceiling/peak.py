"""The theoretical peak of a CPU: what its units could do at the clock they run at."""

from __future__ import annotations

from typing import NamedTuple

from flopsbench.ceiling.microarchitecture import find, this_core
from flopsbench.dtype import DType

BASIS = "cores x operations per clock x clock seen"


class CpuPeak(NamedTuple):
    """A peak in operations a second, what it was computed from, and who says so."""

    rate_per_s: float
    basis: str
    source: str


def cpu_peak(dtype: DType, cores: int, clock_hz: float) -> CpuPeak | None:
    """The peak of ``cores`` of this machine at ``clock_hz``; None for a core or dtype that has no sourced figure.

    The figure is never taken from the ceiling: then ceiling and peak would agree because they are the same.
    """
    row = find(this_core())
    if row is None or dtype.name not in row.operations_per_clock:
        return None
    rate_per_s = cores * row.operations_per_clock[dtype.name] * clock_hz
    return CpuPeak(rate_per_s, BASIS, f"{row.name}: {row.units}; {row.source}, {row.source_url}")
