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
from flopsbench.words.catalogue import LANGUAGES, phrase
from flopsbench.words.language import said
from flopsbench.words.reason import Reason


def devices(found: Inventory, lang: str = "en") -> RenderableType:
    """Return every device with its backends, dtypes and peaks, then what is absent, with the reasons."""
    parts: list[RenderableType] = []
    for one in found.devices:
        parts += [*_device(one, lang), ""]
    absent = (phrase(lang, "absent_backend", name=name, install=said(why, lang)) for name, why in found.absent.items())
    parts += [Text(line, "yellow") for line in absent]
    has_gpu = any(not kind_of(one.device.kind).is_host for one in found.devices)
    heading = phrase(lang, "not_every_gpu" if has_gpu else "no_gpu_in_reach")
    told = (said(line, lang) for line in found.no_gpu.lines())
    lines = [Text(f"  {line}", "yellow", no_wrap=True, overflow="ignore") for line in told]
    parts += [Text(heading, "yellow"), *lines] if lines else []
    return Group(*parts)


def _device(found: FoundDevice, lang: str) -> Iterator[RenderableType]:
    """Yield the lines of one device."""
    device = found.device
    unit = kind_of(device.kind).units
    unit = phrase(lang, "unit_cores") if unit == "cores" else unit
    units = phrase(lang, "device_units", count=device.units, unit=unit) if device.units else ""
    memory = phrase(lang, "device_memory_size", size=gibibytes(device.memory_bytes)) if device.memory_bytes else ""
    yield Text(phrase(lang, "device_line", id=device.id, name=device.name, units=units, memory=memory), "bold")
    for reach in found.reach:
        yield from _reach(reach, lang)
    if found.peaks:
        yield _peaks(found, lang)
    elif found.no_peak:
        yield Text(f"  {said(found.no_peak, lang)}", "dim")
    for name, reason in found.unread.items():
        yield Text(f"  {phrase(lang, 'reading_absent', name=name, reason=said(reason, lang))}", "dim")


def _reach(reach: Reach, lang: str) -> Iterator[RenderableType]:
    """Yield what one backend can run on a device, and why not what it cannot."""
    dtypes, kernels = ", ".join(reach.dtypes) or phrase(lang, "no_dtype"), ", ".join(reach.kernels)
    yield Text(f"  {phrase(lang, 'backend_dtypes', backend=reach.backend, kernels=kernels, dtypes=dtypes)}")
    reasons: dict[str, list[str]] = {}
    for dtype, reason in reach.unsupported.items():
        reasons.setdefault(reason.replace(f" for {dtype}", ""), []).append(dtype)
    for told, refused in reasons.items():
        names = ", ".join(refused)
        reason = told if lang == LANGUAGES[0] else said(_about(reach.unsupported[refused[0]], names), lang)
        yield Text(f"    {phrase(lang, 'dtypes_refused', dtypes=names, reason=reason)}", "dim")


def _about(reason: str, dtypes: str) -> str:
    """Return the reason against one dtype as the reason against several that share it."""
    if isinstance(reason, Reason) and "dtype" in reason.values:
        return Reason(reason.code, **{**reason.values, "dtype": dtypes})
    return reason


def _peaks(found: FoundDevice, lang: str) -> RenderableType:
    """Return a device's peaks, one row per dtype, with their sources."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for peak in found.peaks:
        note = peak.note or ""
        by_clock = phrase(lang, "peak_by_clock", note=(note, note.removeprefix("at ")))
        basis = phrase(lang, "peak_by_datasheet") if peak.basis == "datasheet" else by_clock
        grid.add_row(f"  {phrase(lang, 'peak_row')}", peak.dtype, format_rate(peak.rate_per_s, peak.unit), basis)
    sources = dict.fromkeys(peak.source for peak in found.peaks)
    return Group(grid, *(Text(f"  {phrase(lang, 'peak_source', source=source)}", "dim") for source in sources))
