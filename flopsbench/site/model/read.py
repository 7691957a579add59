"""Makes an Entry of a Result; boards and histories are made of Entries."""

from __future__ import annotations

from collections.abc import Sequence

from flopsbench.analysis.vendor import share_of_vendor
from flopsbench.device import kind_of
from flopsbench.peaks.datasheet import find_accelerator
from flopsbench.registry.entry import Entry, Figure, Machine
from flopsbench.result.place import NAME_DIGITS
from flopsbench.result.place import slug as place_of
from flopsbench.result.types import Case, DeviceRecord, Host, Result, Stats
from flopsbench.result.work import has_proof
from flopsbench.stats import known_median


def read_entry(result: Result, path: str) -> Entry:
    """Return the Entry of a Result filed at ``path`` below the registry's folder, without what others say of it."""
    slugs = {device.id: slug(device, result.host) for device in result.devices}
    proven = [case for case in result.cases if case.stats and has_proof(case)]
    figures = [_figure(case, case.stats, slugs[case.device], proven) for case in proven if case.stats]
    measured = {figure.device for figure in figures}
    machines = {slugs[device.id]: machine(device, result.host) for device in reversed(result.devices)}
    return Entry(
        id=result.id,
        path=path,
        page=page_of(result.id),
        created=result.created,
        profile=result.tool.profile,
        tool=result.tool.version,
        method=result.method_version,
        machines=[machines[name] for name in sorted(measured)],
        figures=figures,
        versions=result.software.versions,
        submitter=result.submitter,
        machine_id=result.host.machine_id,
        interrupted=result.interrupted,
    )


def page_of(id: str) -> str:
    """Return the stem of a Result's page, which is that of its file."""
    return id.removeprefix("sha256:")[:NAME_DIGITS]


def machine(device: DeviceRecord, host: Host) -> Machine:
    """Return a device as the site's pages know it."""
    cpu = kind_of(device.kind).is_host
    known = _accelerator(device.name)
    name = f"{device.name} {host.cpu.microarchitecture or ''}".strip() if cpu else device.name
    return Machine(
        slug=slug(device, host),
        name=name,
        kind=device.kind,
        vendor=device.vendor,
        cores=host.cpu.usable if cpu else None,
        driver=device.driver,
        accelerator=known,
    )


def slug(device: DeviceRecord, host: Host) -> str:
    """Return the stem of a device's page: its folder in the registry, and for a CPU the number of usable cores.

    Boards of the accelerators table share that table's page, however their drivers spell them.
    """
    place = _accelerator(device.name) or place_of(device, host)
    return f"{place}-{host.cpu.usable}-cores" if kind_of(device.kind).is_host else place


def _accelerator(name: str) -> str | None:
    """Return the id of a board in the accelerators table, None where it is not there."""
    known = find_accelerator(name)
    return known.id if known else None


def _figure(case: Case, stats: Stats, device: str, proven: Sequence[Case]) -> Figure:
    """Return the figure of one measured case, one of the proven cases of its Result."""
    readings = [process.telemetry for process in case.processes]
    return Figure(
        device=device,
        dtype=case.dtype,
        math=case.compute.math if case.compute else "unstated",
        unit=stats.unit,
        shape=(case.m, case.n, case.k),
        layout=case.layout,
        backend=case.backend,
        kernel=case.kernel,
        library=case.compute.library if case.compute else "unstated",
        regime=case.regime,
        median=stats.rate.median,
        low=stats.rate.low,
        high=stats.rate.high,
        of_ceiling=stats.efficiency.ceiling,
        of_peak=stats.efficiency.peak,
        of_peak_at_clock=stats.efficiency.peak_at_clock,
        watts=known_median(reading.power_w for reading in readings),
        per_joule=stats.per_joule,
        clock_hz=known_median(reading.clock_hz for reading in readings),
        grade=case.grade,
        of_vendor=share_of_vendor(case, proven),
    )
