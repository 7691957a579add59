"""Finds the theoretical limits of a device for a dtype: the datasheet's peak, and units x work per clock x clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flopsbench.analysis.by_ceilings import believed, work_by_ceilings
from flopsbench.device import kind_of
from flopsbench.dtype import DTYPES, NAMED, Unit
from flopsbench.peaks.datasheet import datasheet_peak
from flopsbench.peaks.per_clock import work_per_clock_of_cores, work_per_clock_of_unit
from flopsbench.result.types import MEASURED, Case, Cpu, DeviceRecord, Host, PeakBasis, PeakRecord
from flopsbench.result.work import LimitKey, cores_at_work, limit_key
from flopsbench.stats import known_median
from flopsbench.units import gigahertz


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits are what is known of one dtype on one device; None where there is no source.

    ``flop_per_hz`` is operations per clock of the whole device: times the clock seen it is the peak at that clock.
    ``measured_per_hz`` is that of a CPU which no table knows, by its ceilings. No share is ever taken of it: the two
    would agree because they are the same.
    """

    device: str
    dtype: str
    unit: Unit
    peak_per_s: float | None = None
    peak_source: str = ""
    peak_note: str = ""
    flop_per_hz: float | None = None
    flop_per_hz_source: str = ""
    measured_per_hz: float | None = None
    measured_source: str = ""
    clock_hz: float | None = None


def limits(cases: Sequence[Case], devices: Mapping[str, DeviceRecord], host: Host) -> dict[LimitKey, Limits]:
    """Return the limits of all rates of the cases; those of a table only where no ceiling exceeds them."""
    host = believed(host, cases, devices.values())
    by_ceilings = {device.id: work_by_ceilings(device, host, cases) for device in devices.values()}
    return {
        key: _with_measured(
            limits_of(devices[key[0]], host.cpu, key[1], _clock_seen(key, cases), key[2]), by_ceilings[key[0]]
        )
        for key in dict.fromkeys(map(limit_key, cases))
    }


def _with_measured(limit: Limits, by_ceilings: Mapping[str, tuple[float, str]]) -> Limits:
    """Return the limits of a device with what its ceilings say of their dtype."""
    if limit.dtype not in by_ceilings or limit.unit != DTYPES[limit.dtype].unit:
        return limit
    measured_per_hz, source = by_ceilings[limit.dtype]
    return replace(limit, measured_per_hz=measured_per_hz, measured_source=source)


def limits_of(
    device: DeviceRecord,
    core: str | Cpu | None,
    dtype_name: str,
    clock_hz: float | None,
    unit: Unit | None = None,
) -> Limits:
    """Return the limits of one dtype on one device, given the host's cores and the clock seen in Hz.

    Of rates in another ``unit`` than that of the dtype's operations, no table says anything yet.
    """
    operations = NAMED[dtype_name].unit
    if unit not in (None, operations):
        return Limits(device.id, dtype_name, unit, clock_hz=clock_hz)
    datasheet = datasheet_peak(device.name, dtype_name)
    flop_per_hz, source = work_per_clock(device, core, dtype_name)
    return Limits(
        device=device.id,
        dtype=dtype_name,
        unit=operations,
        peak_per_s=datasheet.rate_per_s if datasheet else None,
        peak_source=datasheet.source if datasheet else "",
        peak_note=datasheet.note if datasheet else "",
        flop_per_hz=flop_per_hz,
        flop_per_hz_source=source,
        clock_hz=clock_hz,
    )


def work_per_clock(device: DeviceRecord, core: str | Cpu | None, dtype_name: str) -> tuple[float | None, str]:
    """Return operations per clock of the whole device, and who says so; None without a source.

    ``core`` is the host's microarchitecture, which decides for a CPU, or its processor, which may have several.
    """
    if isinstance(core, Cpu):
        if kind_of(device.kind).is_host and device.units:
            return work_per_clock_of_cores(cores_at_work(core, device.units), dtype_name)
        core = core.microarchitecture
    each, source = work_per_clock_of_unit(device.kind, device.arch, core, dtype_name)
    return (each * device.units, source) if each and device.units else (None, "")


def _clock_seen(key: LimitKey, cases: Sequence[Case]) -> float | None:
    return known_median(
        process.telemetry.clock_hz for case in cases if limit_key(case) == key for process in case.processes
    )


def peak_records(known: Iterable[Limits]) -> Iterator[PeakRecord]:
    """Yield the limits as a document lists them."""
    for limit in known:
        if limit.peak_per_s:
            yield _record(limit, limit.peak_per_s, "datasheet", limit.peak_source, limit.peak_note or None)
        if limit.clock_hz is None:
            continue
        at = f"at {gigahertz(limit.clock_hz, 3)}"
        if limit.flop_per_hz:
            yield _record(limit, limit.flop_per_hz * limit.clock_hz, "clock seen", limit.flop_per_hz_source, at)
        elif limit.measured_per_hz:
            yield _record(limit, limit.measured_per_hz * limit.clock_hz, MEASURED, limit.measured_source, at)


def _record(limit: Limits, rate_per_s: float, basis: PeakBasis, source: str, note: str | None) -> PeakRecord:
    return PeakRecord(
        device=limit.device,
        dtype=limit.dtype,
        rate_per_s=rate_per_s,
        unit=limit.unit,
        basis=basis,
        source=source,
        note=note,
    )
