"""Says where Results are filed: v1/<device>/<year>/<first digits of the id>.json, one immutable file each."""

from __future__ import annotations

import re
from pathlib import Path

from flopsbench.device import kind_of
from flopsbench.peaks.datasheet import find_accelerator
from flopsbench.result.types import Result

NAME_DIGITS = 16
UNKNOWN = "unknown"


def relative_path(result: Result) -> Path:
    """Return the place of a Result below a registry's folder, as a path of this system."""
    return Path(place(result))


def place(result: Result) -> str:
    """Return the place of a Result below a registry's folder, with slashes on every system, as registries name it."""
    digits = result.id.removeprefix("sha256:")[:NAME_DIGITS]
    return f"v1/{device_slug(result)}/{result.created[:4]}/{digits}.json"


def device_slug(result: Result) -> str:
    """Return the folder a Result belongs to: the slug of the first GPU that measured something, else of the CPU."""
    measured = {case.device for case in result.cases if case.stats}
    devices = [device for device in result.devices if device.id in measured] or result.devices
    first = min(devices, key=lambda device: kind_of(device.kind).is_host)
    return slug(first.name, first.kind, result.host.cpu.microarchitecture)


def slug(name: str, kind: str, microarchitecture: str | None) -> str:
    """Return a device's name for folders and addresses.

    It is the accelerator's id where the table knows it, else the name in plain letters, a CPU's with its core.
    """
    known = find_accelerator(name)
    if known:
        return known.id
    words = f"{name} {microarchitecture or ''}" if kind_of(kind).is_host else name
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60] or UNKNOWN
