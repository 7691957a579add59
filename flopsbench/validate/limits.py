"""Whether ceilings and peaks follow from what was seen, and whether today's tables say the same of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from flopsbench.analysis.limits import work_per_clock
from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak
from flopsbench.result.types import Case, Ceiling, DeviceRecord, Host, PeakRecord, Result
from flopsbench.stats import median
from flopsbench.validate.finding import Finding

Pair = tuple[str, str]  # device id, dtype
Basis = tuple[str, str, str]  # and what the peak is called after

PRECISION = 1.1e-5  # half a unit of the sixth digit at most, of a figure and of what it was computed from
# What the ceilings' median was taken over has changed before; what it is for has not.
CEILING_PRECISION = 0.01


def bases_of(
    result: Result, cases: Mapping[Pair, Sequence[Case]], devices: Mapping[str, DeviceRecord]
) -> dict[Basis, float | None]:
    """What the shares of each peak rest on: the datasheet's rate, or whole operations a clock of the device.

    None where a peak at the clock seen follows from no such number. ``cases`` are all of a pair.
    """
    return {
        (peak.device, peak.dtype, peak.basis): peak.rate_per_s
        if peak.basis == "datasheet"
        else _implied(peak, devices[peak.device].units or 1, cases[peak.device, peak.dtype])
        for peak in result.peaks
    }


def _implied(peak: PeakRecord, units: int, cases: Iterable[Case]) -> float | None:
    """The operations a clock that a peak at the clock seen was computed from."""
    clocks = [hz for case in cases for each in case.processes if (hz := each.telemetry.clock_hz)]
    if not clocks:
        return None
    clock_hz = median(clocks)
    each = peak.rate_per_s / clock_hz / units
    if not math.isfinite(each):
        return None
    whole = float(round(each) * units)
    return whole if whole and abs(peak.rate_per_s - whole * clock_hz) <= PRECISION * peak.rate_per_s else None


def check(
    result: Result,
    cases: Mapping[Pair, Sequence[Case]],
    devices: Mapping[str, DeviceRecord],
    bases: Mapping[Basis, float | None],
) -> Iterator[tuple[Finding, Pair]]:
    """Findings of the ceilings and peaks of a document, with whose they are."""
    for ceiling in result.ceilings:
        pair = ceiling.device, ceiling.dtype
        if ceiling.unit != DTYPES[ceiling.dtype].unit:
            yield Finding("integrity.unit", f"the ceiling counts {ceiling.unit}", "/".join(pair)), pair
        elif complaint := _about_ceiling(ceiling, cases[pair]):
            yield Finding("integrity.efficiency", complaint, "/".join(pair)), pair
    for peak in result.peaks:
        pair = peak.device, peak.dtype
        base = bases[(*pair, peak.basis)]
        if peak.unit != DTYPES[peak.dtype].unit:
            yield Finding("integrity.unit", f"the peak counts {peak.unit}", "/".join(pair)), pair
        elif base is None:
            complaint = "the peak at the clock seen is no whole number of operations a clock and unit"
            yield Finding("integrity.peak", complaint, "/".join(pair)), pair
        elif (base, peak.source) != _todays(peak, devices[peak.device], result.host):
            complaint = f"the {peak.basis} peak, {peak.rate_per_s:.6g}, or its source is not that of today's table"
            yield Finding("integrity.table", complaint, "/".join(pair)), pair


def _todays(peak: PeakRecord, device: DeviceRecord, host: Host) -> tuple[float | None, str]:
    """Base and source by the tables, which are corrected: what was published before need not say what they say now."""
    if peak.basis == "clock seen":
        return work_per_clock(device, host.cpu.microarchitecture, peak.dtype)
    known = datasheet_peak(device.name, peak.dtype)
    return (known.rate_per_s, known.source) if known else (None, "")


def _about_ceiling(ceiling: Ceiling, cases: Iterable[Case]) -> str:
    pairs = chain.from_iterable([process.block_ceilings for case in cases for process in case.processes])
    samples = list(chain.from_iterable(pairs))
    if ceiling.rate_per_s is None or not samples:
        return "" if (ceiling.rate_per_s is None) == (not samples) else "the ceiling and its samples are not both there"
    found = median(samples)
    if abs(ceiling.rate_per_s - found) <= CEILING_PRECISION * found:
        return ""
    return f"the ceiling is {ceiling.rate_per_s:.6g}, and the median of its samples {found:.6g}"
