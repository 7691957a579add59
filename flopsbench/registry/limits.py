"""Whether ceilings and peaks follow from what was seen, and whether today's tables say the same of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from flopsbench.dtype import DTYPES
from flopsbench.peaks import datasheet_peak
from flopsbench.registry.finding import Finding
from flopsbench.registry.physics import device_work_per_clock
from flopsbench.result import Case, Ceiling, DeviceRecord, PeakRecord, Result
from flopsbench.stats import median

Pair = tuple[str, str]  # device id, dtype

PRECISION = 6e-6  # of figures with six digits: half a unit of the sixth at most
# What the ceilings' median was taken over has changed before; what it is for has not.
CEILING_PRECISION = 0.01


def check(
    result: Result, cases: Mapping[Pair, Sequence[Case]], devices: Mapping[str, DeviceRecord]
) -> Iterator[tuple[Finding, Pair]]:
    """Findings of the ceilings and peaks of a document, with whose they are. ``cases`` are all of that pair."""
    for ceiling in result.ceilings:
        pair = ceiling.device, ceiling.dtype
        if ceiling.unit != DTYPES[ceiling.dtype].unit:
            yield Finding("integrity.unit", f"the ceiling counts {ceiling.unit}", "/".join(pair)), pair
        elif complaint := _about_ceiling(ceiling, cases[pair]):
            yield Finding("integrity.efficiency", complaint, "/".join(pair)), pair
    for peak in result.peaks:
        pair, device = (peak.device, peak.dtype), devices[peak.device]
        if peak.unit != DTYPES[peak.dtype].unit:
            yield Finding("integrity.unit", f"the peak counts {peak.unit}", "/".join(pair)), pair
        elif peak.basis == "clock seen" and work_per_clock(peak, device, cases[pair]) is None:
            complaint = "the peak at the clock seen is no whole number of operations a clock and unit"
            yield Finding("integrity.peak", complaint, "/".join(pair)), pair
        elif not _is_todays(peak, device, cases[pair], result):
            complaint = f"the {peak.basis} peak, {peak.rate_per_s:.6g}, or its source is not that of today's table"
            yield Finding("integrity.table", complaint, "/".join(pair)), pair


def work_per_clock(peak: PeakRecord, device: DeviceRecord, cases: Iterable[Case]) -> float | None:
    """Operations a clock of the whole device that a peak at the clock seen rests on; None where it rests on none."""
    clocks = [hz for case in cases for each in case.processes if (hz := each.telemetry.clock_hz)]
    if not clocks:
        return None
    units, clock_hz = device.units or 1, median(clocks)
    whole = float(round(peak.rate_per_s / clock_hz / units) * units)
    return whole if whole and abs(peak.rate_per_s - whole * clock_hz) <= PRECISION * peak.rate_per_s else None


def _is_todays(peak: PeakRecord, device: DeviceRecord, cases: Iterable[Case], result: Result) -> bool:
    """Tables are corrected: what was published before need not say what they say now."""
    if peak.basis == "datasheet":
        known = datasheet_peak(device.name, peak.dtype)
        return known is not None and (known.rate_per_s, known.source) == (peak.rate_per_s, peak.source)
    return (work_per_clock(peak, device, cases), peak.source) == device_work_per_clock(device, result.host, peak.dtype)


def _about_ceiling(ceiling: Ceiling, cases: Iterable[Case]) -> str:
    samples = list(
        chain.from_iterable(pair for case in cases for process in case.processes for pair in process.block_ceilings)
    )
    if ceiling.rate_per_s is None or not samples:
        return "" if (ceiling.rate_per_s is None) == (not samples) else "the ceiling and its samples are not both there"
    found = median(samples)
    if abs(ceiling.rate_per_s - found) <= CEILING_PRECISION * found:
        return ""
    return f"the ceiling is {ceiling.rate_per_s:.6g}, and the median of its samples {found:.6g}"
