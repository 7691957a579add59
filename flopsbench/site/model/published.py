"""Reads the matmul rates that others have published: boards show them apart from Results, marked as published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from flopsbench.peaks.datasheet import load_accelerators

DATA = Path(__file__).with_name("published_matmul.json")
TERA = 1e12


class PublishedSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PublishedSource says where the figures were published, and when they were read."""

    title: str
    url: str
    read: str


@dataclass(frozen=True, slots=True)
class Published:
    """A Published is an achieved dense rate as published elsewhere, in FLOP/s; ``theory`` is the source's own peak.

    ``device`` is an id of the accelerators table, or the source's own word where the table has none.
    """

    device: str
    name: str
    dtype: str
    achieved: float
    theory: float
    shape: str
    source: PublishedSource

    @property
    def of_theory(self) -> float:
        """Return the rate as a fraction of the peak that the source states."""
        return self.achieved / self.theory


class _PublishedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A _PublishedLine is one line of the source; its rates are in 10^12 FLOP/s."""

    device: str
    dtype: str
    achieved: float
    theory: float
    shape: str


class _PublishedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A _PublishedFile is the shipped file: one source and its lines."""

    source: PublishedSource
    entries: tuple[_PublishedLine, ...]


@cache
def load_published() -> tuple[Published, ...]:
    """Return every published figure that is shipped, the fastest first."""
    data = msgspec.json.decode(DATA.read_bytes(), type=_PublishedFile)
    every = (_published(entry, data.source) for entry in data.entries)
    return tuple(sorted(every, key=lambda figure: (-figure.achieved, figure.device)))


def _published(entry: _PublishedLine, source: PublishedSource) -> Published:
    """Return a line of the source with its rates in FLOP/s and the name of the device."""
    known = load_accelerators().get(entry.device)
    name = known.name if known else entry.device
    return Published(entry.device, name, entry.dtype, entry.achieved * TERA, entry.theory * TERA, entry.shape, source)


def published_beside(dtype: str) -> list[Published]:
    """Return what may stand beside the boards of a dtype; the source's "fp8" may be either of the two formats."""
    return [figure for figure in load_published() if dtype.startswith(figure.dtype)]
