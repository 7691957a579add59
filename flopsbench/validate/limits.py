"""Bounds how much a document holds, and compares its ceilings and peaks with its samples and with today's tables.

``integrity`` makes findings of the faults that this module returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from flopsbench.analysis.by_ceilings import believed, work_by_ceilings
from flopsbench.analysis.limits import work_per_clock
from flopsbench.device import kind_of
from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak
from flopsbench.result.keys import limit_id
from flopsbench.result.types import MEASURED, Case, Ceiling, DeviceRecord, Host, PeakBasis, PeakRecord, Record, Result
from flopsbench.result.work import LimitKey, limit_of, limit_title
from flopsbench.stats import median
from flopsbench.units import general, grouped
from flopsbench.validate.finding import Fault
from flopsbench.words.reason import Reason

Basis = tuple[LimitKey, PeakBasis]

PRECISION = 1.1e-5  # half a unit of the sixth digit at most, of a figure and of what it was computed from
# Wider than PRECISION: earlier versions took the median of a ceiling over other samples.
CEILING_PRECISION = 0.01

# How much a list or a table may hold, by its path; of every other one MOST_ITEMS.
MOST_OF = {
    "cases": 1000,
    "calls": 1000,
    "ceilings": 1000,
    "peaks": 1000,
    "devices": 256,
    "software.versions": 256,
    "software.env": 256,
    "tool.options.kernels": 1000,
    "tool.options.sizes": 1000,
}
MOST_ITEMS = 64
# Of these ``timing`` says how many there may be, and the document's own consistency.
OF_TIMING = tuple(f"cases.processes{name}" for name in ("", ".block_s", ".host_block_s", ".block_ceilings"))
FEWEST_EMPTY = 100  # rows without a rate; fewer are what dtypes and backends that a machine lacks come to
MOSTLY = 0.9


def bulk_faults(result: Result) -> Iterator[Fault]:
    """Yield a fault for each list or table that holds more than any run does, and for rows that are mostly empty."""
    longest: dict[str, int] = {}
    for where, count in _sizes(result, ""):
        longest[where] = max(count, longest.get(where, 0))
    for where, count in longest.items():
        most = MOST_OF.get(where, MOST_ITEMS)
        if count > most and where not in OF_TIMING:
            yield Fault("bulk", Reason("too_many_of_these", count=grouped(count), most=grouped(most)), where)
    empty = sum(case.stats is None for case in result.cases)
    if empty > max(FEWEST_EMPTY, MOSTLY * len(result.cases)):
        yield Fault("empty", Reason("mostly_empty", empty=empty, cases=len(result.cases)), "cases")


def _sizes(record: Record, place: str) -> Iterator[tuple[str, int]]:
    """Yield the path and the length of each list and table of a record and of the records in it."""
    for name in record.__struct_fields__:
        value: Any = getattr(record, name)
        if isinstance(value, Record):
            yield from _sizes(value, f"{place}{name}.")
        elif isinstance(value, list | dict) and value:
            yield f"{place}{name}", len(value)
            for item in value if isinstance(value, list) and isinstance(value[0], Record) else ():
                yield from _sizes(item, f"{place}{name}.")


def bases_of(
    result: Result, cases: Mapping[LimitKey, Sequence[Case]], devices: Mapping[str, DeviceRecord]
) -> dict[Basis, float | None]:
    """Return what the shares of each peak rest on.

    That is the rate of the datasheet in operations per second, or, for a peak at the clock seen, a whole number of
    operations per clock of the device. The value is None where no whole number gives the peak at the clock seen.
    ``cases`` are those of each limit.
    """
    return {
        (limit_of(peak), peak.basis): peak.rate_per_s
        if peak.basis == "datasheet"
        else _implied(peak, _equal_units(devices[peak.device], result.host), cases.get(limit_of(peak), ()))
        for peak in result.peaks
    }


def _equal_units(device: DeviceRecord, host: Host) -> int:
    """Return how many units of a device do the same per clock; 1 where its cores are of several kinds."""
    return 1 if kind_of(device.kind).is_host and host.cpu.kinds else device.units or 1


def _implied(peak: PeakRecord, units: int, cases: Iterable[Case]) -> float | None:
    """Return the operations per clock of the device that a peak at the clock seen was computed from, or None."""
    clocks = [hz for case in cases for each in case.processes if (hz := each.telemetry.clock_hz)]
    if not clocks:
        return None
    clock_hz = median(clocks)
    each = peak.rate_per_s / clock_hz / units
    if not math.isfinite(each):
        return None
    whole = float(round(each) * units)
    return whole if whole and abs(peak.rate_per_s - whole * clock_hz) <= PRECISION * peak.rate_per_s else None


def limit_faults(
    result: Result,
    cases: Mapping[LimitKey, Sequence[Case]],
    devices: Mapping[str, DeviceRecord],
    bases: Mapping[Basis, float | None],
) -> Iterator[tuple[Fault, LimitKey]]:
    """Yield what is wrong with the ceilings and peaks of a document, each with the limit it is."""
    host = believed(result.host, result.cases, result.devices)
    for ceiling in result.ceilings:
        key, where = limit_of(ceiling), limit_id(ceiling.device, limit_title(ceiling))
        if key not in cases:
            yield Fault("unit", Reason("ceiling_of_other_unit", unit=ceiling.unit), where), key
        elif complaint := _ceiling_complaint(ceiling, cases[key]):
            yield Fault("efficiency", complaint, where), key
    for peak in result.peaks:
        key, where = limit_of(peak), limit_id(peak.device, limit_title(peak))
        base = bases[key, peak.basis]
        if peak.unit != DTYPES[peak.dtype].unit:
            yield Fault("unit", Reason("peak_of_other_unit", unit=peak.unit), where), key
        elif base is None:
            complaint = Reason("peak_not_whole", basis=peak.basis)
            yield Fault("peak", complaint, where), key
        elif (base, peak.source) != _base_of_today(peak, devices[peak.device], host, result.cases):
            yield Fault("table", _of_no_table(peak), where), key


def _of_no_table(peak: PeakRecord) -> Reason:
    """Return that a peak or its source is not that of today's table."""
    rate = general(peak.rate_per_s)
    if peak.basis == "datasheet":
        return Reason("datasheet_peak_of_no_table", rate=rate)
    if peak.basis == MEASURED:
        return Reason("measured_peak_of_no_ceiling", rate=rate)
    return Reason("clock_peak_of_no_table", rate=rate)


def _base_of_today(
    peak: PeakRecord, device: DeviceRecord, host: Host, cases: Sequence[Case]
) -> tuple[float | None, str]:
    """Return base and source of a peak by today's tables, or by the document's own ceilings.

    The tables are corrected from time to time, so that an older document may rightly say something else.
    """
    if peak.basis == "clock seen":
        return work_per_clock(device, host.cpu, peak.dtype)
    if peak.basis == MEASURED:
        return work_by_ceilings(device, host, cases).get(peak.dtype, (None, ""))
    known = datasheet_peak(device.name, peak.dtype)
    return (known.rate_per_s, known.source) if known else (None, "")


def _ceiling_complaint(ceiling: Ceiling, cases: Iterable[Case]) -> str:
    """Return how a ceiling differs from the median of its samples; empty where it does not."""
    pairs = chain.from_iterable([process.block_ceilings for case in cases for process in case.processes])
    samples = list(chain.from_iterable(pairs))
    if ceiling.rate_per_s is None or not samples:
        return "" if (ceiling.rate_per_s is None) == (not samples) else Reason("ceiling_and_samples")
    found = median(samples)
    if abs(ceiling.rate_per_s - found) <= CEILING_PRECISION * found:
        return ""
    return Reason("ceiling_unlike_samples", ceiling=general(ceiling.rate_per_s), median=general(found))
