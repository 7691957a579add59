"""Finds the theoretical limits of a device for a dtype: the datasheet's peak, and units x work per clock x clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopsbench.dtype import DTYPES, Unit
from flopsbench.peaks.datasheet import datasheet_peak
from flopsbench.peaks.per_clock import work_per_clock_of_unit
from flopsbench.result.types import Case, DeviceRecord, Host, PeakBasis, PeakRecord
from flopsbench.result.work import LimitKey, limit_key
from flopsbench.stats import known_median
from flopsbench.units import gigahertz


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits are what is known of one dtype on one device; None where there is no source.

    ``flop_per_hz`` is operations per clock of the whole device: times the clock seen it is the peak at that clock.
    """

    device: str
    dtype: str
    unit: Unit
    peak_per_s: float | None = None
    peak_source: str = ""
    peak_note: str = ""
    flop_per_hz: float | None = None
    flop_per_hz_source: str = ""
    clock_hz: float | None = None


def limits(cases: Sequence[Case], devices: Mapping[str, DeviceRecord], host: Host) -> dict[LimitKey, Limits]:
    """Return the limits of all rates of the cases."""
    core = host.cpu.microarchitecture
    return {
        key: limits_of(devices[key[0]], core, key[1], _clock_seen(key, cases), key[2])
        for key in dict.fromkeys(map(limit_key, cases))
    }


def limits_of(
    device: DeviceRecord, core: str | None, dtype_name: str, clock_hz: float | None, unit: Unit | None = None
) -> Limits:
    """Return the limits of one dtype on one device, given the host's microarchitecture and the clock seen in Hz.

    Of rates in another ``unit`` than that of the dtype's operations, no table says anything yet.
    """
    operations = DTYPES[dtype_name].unit
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


def work_per_clock(device: DeviceRecord, core: str | None, dtype_name: str) -> tuple[float | None, str]:
    """Return operations per clock of the whole device, and who says so; None without a source.

    ``core`` is the host's microarchitecture, which decides for a CPU. No figure is ever taken from the ceiling: then
    ceiling and peak would agree because they are the same.
    """
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
        if limit.flop_per_hz and limit.clock_hz:
            rate_per_s, source = limit.flop_per_hz * limit.clock_hz, limit.flop_per_hz_source
            yield _record(limit, rate_per_s, "clock seen", source, f"at {gigahertz(limit.clock_hz, 3)}")


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
