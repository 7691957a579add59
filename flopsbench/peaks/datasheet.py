"""Finds the dense peak rates that datasheets state for known accelerators, by the name the software shows.

Names are matched whole. "NVIDIA H200 NVL" is not an H200, and a slice of a GPU is not the GPU: no peak is better
than a wrong one.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

_TABLE = Path(__file__).with_name("accelerators.json")
NAMES_REMEMBERED = 1024

Format = Literal["fp64", "fp64_vector", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int8"]


class Accelerator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Accelerator is one board of the table, with the source of its figures.

    Peaks are dense (no 2:4 sparsity), of the whole board, in 10^12 FLOP/s (int8: 10^12 OP/s). ``fp64`` is the
    matrix-unit rate where there is one, which a vendor GEMM reaches; ``fp64_vector`` the rate without it.
    ``devices`` is the number of devices that the software shows for one board. ``arch``, ``units`` and ``memory_gib``
    are those of one device, of the largest version, absent where not known: of NVIDIA's by
    https://developer.nvidia.com/cuda-gpus and its architecture whitepapers, of AMD's by
    https://rocm.docs.amd.com/en/latest/reference/gpu-specs.html.
    """

    id: str
    name: str
    vendor: str
    names_seen: tuple[str, ...]
    dense_peak_tera_per_s: dict[Format, float]
    board_power_w: float
    last_level_cache_mib: float
    source: str
    devices: int = 1
    arch: str = ""
    units: int | None = None
    memory_gib: float | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        if not self.names_seen or not self.dense_peak_tera_per_s:
            raise ValueError(f"{self.id}: no name or no peak")
        if self.devices < 1 or min(self.dense_peak_tera_per_s.values()) <= 0:
            raise ValueError(f"{self.id}: devices and peaks must be positive")


class Peak(NamedTuple):
    """A Peak is the dense datasheet peak of one device as the software sees it, with its source."""

    rate_per_s: float
    unit: str
    source: str
    note: str


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    """_Table is the shipped file: the date on which it was compiled, and its rows."""

    compiled: str
    accelerators: tuple[Accelerator, ...]


@cache
def load_accelerators() -> dict[str, Accelerator]:
    """Return the shipped table by id; raise ValueError if two rows claim one id or one device name."""
    table = msgspec.json.decode(_TABLE.read_bytes(), type=_Table)
    names = [_plain(name) for row in table.accelerators for name in row.names_seen]
    by_id = {row.id: row for row in table.accelerators}
    if len(by_id) < len(table.accelerators) or len(set(names)) < len(names):
        raise ValueError("accelerators.json: an id or a device name stands twice")
    return by_id


@lru_cache(NAMES_REMEMBERED)
def find_accelerator(device_name: str) -> Accelerator | None:
    """Return the accelerator whose name is ``device_name``, with or without the vendor's; None where there is none."""
    return _by_plain_name().get(_plain(device_name))


@cache
def _by_plain_name() -> dict[str, Accelerator]:
    """Return the table by every name that software shows, in its plain form."""
    return {_plain(name): row for row in load_accelerators().values() for name in row.names_seen}


@lru_cache(NAMES_REMEMBERED)
def datasheet_peak(device_name: str, dtype_name: str) -> Peak | None:
    """Return the dense peak of one such device; None for an unknown device or a dtype its datasheet does not state."""
    accelerator = find_accelerator(device_name)
    return _peak(accelerator, dtype_name) if accelerator else None


def nameplate(accelerator_id: str, dtype_name: str) -> Peak:
    """Return the dense peak of the accelerator with that id ("h200-sxm"); raise UsageError naming what is known."""
    accelerators = load_accelerators()
    if accelerator_id not in accelerators:
        near = get_close_matches(accelerator_id, accelerators, n=3) or list(accelerators)
        raise UsageError(Reason("accelerator_unknown", name=repr(accelerator_id), known=", ".join(near)))
    peak = _peak(accelerators[accelerator_id], dtype_name)
    if peak is None:
        known = ", ".join(accelerators[accelerator_id].dense_peak_tera_per_s)
        raise UsageError(Reason("accelerator_without_peak", dtype=dtype_name, name=accelerator_id, known=known))
    return peak


def _peak(accelerator: Accelerator, dtype_name: str) -> Peak | None:
    """Return the peak of one device of an accelerator; None where its datasheet does not state the dtype."""
    column = "fp8" if dtype_name.startswith("fp8") else dtype_name  # both FP8 formats run at one rate
    for name, tera_per_s in accelerator.dense_peak_tera_per_s.items():
        if name == column:
            unit = "OP/s" if name.startswith("int") else "FLOP/s"
            rate_per_s = float(f"{tera_per_s / accelerator.devices!r}e12")
            return Peak(rate_per_s, unit, accelerator.source, accelerator.notes)
    return None


def _plain(device_name: str) -> str:
    """Return a name in small letters, with single spaces, without the vendor's words, which drivers print or omit."""
    words = re.split(r"[\s_-]+", device_name.strip().lower())
    while words and words[0] in {"nvidia", "amd", "instinct", "tesla", "intel", "habana"}:
        words = words[1:]
    return " ".join(words)
