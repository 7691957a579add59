"""Shows an inventory of devices on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.device import kind_of
from flopsbench.result.facts import gibibytes
from flopsbench.runs.inventory import FoundDevice, Inventory, Reach
from flopsbench.units import format_rate


def devices(found: Inventory) -> RenderableType:
    """Return every device with its backends, dtypes and peaks, then what is absent, with the reasons."""
    parts: list[RenderableType] = []
    for one in found.devices:
        parts += [*_device(one), ""]
    parts += [Text(f"absent: {name}: {install}", "yellow") for name, install in found.absent.items()]
    has_gpu = any(not kind_of(one.device.kind).is_host for one in found.devices)
    heading = "not every GPU is in reach" if has_gpu else "no GPU is in reach"
    lines = [Text(f"  {line}", "yellow", no_wrap=True, overflow="ignore") for line in found.no_gpu.lines()]
    parts += [Text(f"{heading}:", "yellow"), *lines] if lines else []
    return Group(*parts)


def _device(found: FoundDevice) -> Iterator[RenderableType]:
    """Yield the lines of one device."""
    device = found.device
    units = f", {device.units} {kind_of(device.kind).units}" if device.units else ""
    memory = f", {gibibytes(device.memory_bytes)} GiB" if device.memory_bytes else ""
    yield Text(f"{device.id}: {device.name}{units}{memory}", "bold")
    for reach in found.reach:
        yield from _reach(reach)
    if found.peaks:
        yield _peaks(found)
    elif found.no_peak:
        yield Text(f"  {found.no_peak}", "dim")
    yield from (Text(f"  not read: {name}: {reason}", "dim") for name, reason in found.unread.items())


def _reach(reach: Reach) -> Iterator[RenderableType]:
    """Yield what one backend can run on a device, and why not what it cannot."""
    yield Text(f"  {reach.backend} ({', '.join(reach.kernels)}): {', '.join(reach.dtypes) or 'no dtype'}")
    reasons: dict[str, list[str]] = {}
    for dtype, reason in reach.unsupported.items():
        reasons.setdefault(reason.replace(f" for {dtype}", ""), []).append(dtype)
    for reason, dtypes in reasons.items():
        yield Text(f"    not {', '.join(dtypes)}: {reason}", "dim")


def _peaks(found: FoundDevice) -> RenderableType:
    """Return a device's peaks, one row per dtype, with their sources."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for peak in found.peaks:
        basis = "datasheet" if peak.basis == "datasheet" else f"units x work per clock, {peak.note}"
        grid.add_row("  peak", peak.dtype, format_rate(peak.rate_per_s, peak.unit), basis)
    sources = dict.fromkeys(peak.source for peak in found.peaks)
    return Group(grid, *(Text(f"  source: {source}", "dim") for source in sources))
