"""Computes what a CPU does per clock by its own ceilings: for one in no table, and against a row that is another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.analysis.grade import BUSY
from flopsbench.device import kind_of
from flopsbench.dtype import DTYPES
from flopsbench.peaks.measured import SNAP, is_exceeded, snapped
from flopsbench.peaks.per_clock import work_per_clock_of_cores
from flopsbench.result.types import MEASURED, Case, DeviceRecord, Host, Process
from flopsbench.result.work import cores_at_work, counts_operations
from flopsbench.stats import median
from flopsbench.units import share

SOURCE = (
    f"{MEASURED}: the ceiling over the clock seen comes within {share(SNAP)} of {{whole}} operations per clock and core"
)

STEADY = 0.9  # the lower quartile, at the highest clock, of the median


class PerClock(NamedTuple):
    """PerClock is what a core did per clock in its ceilings: in the median, and at the low end of their scatter."""

    typical: float
    low: float


def believed(host: Host, cases: Sequence[Case], devices: Iterable[DeviceRecord]) -> Host:
    """Return the host without the microarchitectures that it names where a ceiling says that they are others.

    A hypervisor may show an older core than there is.
    """
    for device in devices:
        for dtype, measured in per_clock(device, cases).items():
            units = device.units or 1
            operations, _ = work_per_clock_of_cores(cores_at_work(host.cpu, units), dtype)
            if operations and is_exceeded(operations / units, measured.low):
                kinds = [replace(kind, microarchitecture=None) for kind in host.cpu.kinds]
                return replace(host, cpu=replace(host.cpu, microarchitecture=None, kinds=kinds))
    return host


def work_by_ceilings(device: DeviceRecord, host: Host, cases: Iterable[Case]) -> dict[str, tuple[float, str]]:
    """Return the operations per clock of a whole CPU by dtype, each with the words that it is measured.

    There are none where a table knows the CPU, where its cores differ, and where no two dtypes agree. Beside other
    programs, which may take a half or a quarter of the cores all the time, nothing is concluded.
    """
    if host.cpu.microarchitecture is not None or host.cpu.kinds or (host.busy_share or 0) > BUSY:
        return {}
    seen = {dtype: each.typical for dtype, each in per_clock(device, cases).items() if is_steady(each)}
    return {
        dtype: (float(whole * (device.units or 1)), SOURCE.format(whole=whole))
        for dtype, whole in snapped(seen).items()
    }


def is_steady(measured: PerClock) -> bool:
    """Return whether ceilings scatter so little that nothing else can have run beside most of them."""
    return measured.low >= STEADY * measured.typical


def per_clock(device: DeviceRecord, cases: Iterable[Case]) -> dict[str, PerClock]:
    """Return what one core of a CPU did per clock, by dtype; nothing of what is no CPU."""
    if not kind_of(device.kind).is_host or not device.units:
        return {}
    found: dict[str, list[PerClock]] = {}
    for case in cases:
        if case.device == device.id and case.dtype in DTYPES and counts_operations(case):
            found.setdefault(case.dtype, []).extend(_of_cores(process, device.units) for process in _metered(case))
    return {
        dtype: PerClock(median([each.typical for each in of_processes]), median([each.low for each in of_processes]))
        for dtype, of_processes in found.items()
        if of_processes
    }


def _metered(case: Case) -> list[Process]:
    """Return the processes of a case that saw both clock and ceiling."""
    return [process for process in case.processes if process.block_ceilings and process.telemetry.clock_hz]


def _of_cores(process: Process, cores: int) -> PerClock:
    """Return what each of the cores did per clock in one process; low is the lower quartile at the highest clock."""
    samples, seen = sorted(chain.from_iterable(process.block_ceilings)), process.telemetry
    clock_hz = seen.clock_hz or 1.0
    highest_hz = max(clock_hz, seen.clock_max_hz or 0.0)
    return PerClock(median(samples) / clock_hz / cores, samples[len(samples) // 4] / highest_hz / cores)
