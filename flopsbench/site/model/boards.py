"""Makes the boards: one per dtype and math mode, with one row per device. There is no composite score."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from flopsbench import dtype
from flopsbench.registry.entry import Entry, Figure, Machine, Trust
from flopsbench.site.model.published import Published, published_beside
from flopsbench.site.model.trust import Voice, row_trust
from flopsbench.stats import known_median


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A BoardRow is one device on a board.

    Rates are in the board's unit, shares of a limit are fractions, ``watts`` is in W, ``per_joule`` in operations per
    joule. Each figure is taken from the fastest proven burst case of each Result; of these the median per submitter is
    taken, and of those the median. ``low`` and ``high`` are the lowest and the highest submitter's median; with one
    submitter alone they are the outermost ends of the 95 % intervals of their Results. All Results without a handle
    count as one submitter. ``sustained`` is computed likewise from sustained cases, ``sustained_share`` from their
    share of the burst of the same Result. ``machine``, ``date``, ``latest`` (the stem of its page), ``library`` and
    ``versions`` (of the backend that called the library) are those of the newest Result.
    """

    machine: Machine
    median: float
    low: float
    high: float
    submitters: int
    results: int
    trust: Trust
    date: str
    versions: dict[str, str]
    latest: str
    library: str
    of_ceiling: float | None = None
    of_peak: float | None = None
    of_peak_at_clock: float | None = None
    watts: float | None = None
    per_joule: float | None = None
    sustained: float | None = None
    sustained_share: float | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A Board holds the devices measured in one dtype and math mode, fastest first, and what others published."""

    key: str  # names its page: "bf16-ieee"
    dtype: str
    math: str
    unit: str
    rows: list[BoardRow]
    published: list[Published]


@dataclass(frozen=True, slots=True)
class _Contributed:
    """A _Contributed is what one Result contributes to one row."""

    entry: Entry
    burst: Figure
    sustained: Figure | None

    @property
    def sustained_share(self) -> float | None:
        """Return the sustained rate as a fraction of the burst rate."""
        return self.sustained.median / self.burst.median if self.sustained else None


@cache
def board_key(dtype: str, math: str) -> str:
    """Return the stem of a board's page."""
    return "-".join(re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-") for text in (dtype, math))


def make_boards(entries: Iterable[Entry]) -> list[Board]:
    """Return every board that has a row, in the order of the dtype table, plain arithmetic first."""
    measured: dict[str, dict[str, list[_Contributed]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        for (key, device), contribution in _contributions(entry).items():
            measured[key][device].append(contribution)
    return sorted((_board(key, devices) for key, devices in measured.items()), key=_order)


def _order(board: Board) -> tuple[int, int, str]:
    """Return what boards are sorted by."""
    return dtype.order(board.dtype), len(board.math), board.key


def _contributions(entry: Entry) -> dict[tuple[str, str], _Contributed]:
    """Return, by board and device, the fastest burst case of a Result with the fastest sustained one."""
    fastest: dict[tuple[str, str, str], Figure] = {}
    for figure in entry.figures:
        place = (board_key(figure.dtype, figure.math), figure.device, figure.regime)
        if place not in fastest or figure.median > fastest[place].median:
            fastest[place] = figure
    return {
        (key, device): _Contributed(entry, figure, fastest.get((key, device, "sustained")))
        for (key, device, regime), figure in fastest.items()
        if regime == "burst"
    }


def _board(key: str, devices: dict[str, list[_Contributed]]) -> Board:
    """Return the board of one dtype and math mode."""
    rows = sorted(map(_row, devices.values()), key=lambda row: (-row.median, row.machine.slug))
    any_figure = next(iter(devices.values()))[0].burst
    beside = published_beside(any_figure.dtype)
    return Board(key, any_figure.dtype, any_figure.math, any_figure.unit, rows, beside)


def _row(measured: Sequence[_Contributed]) -> BoardRow:
    """Return the row of one device."""
    latest = max(measured, key=lambda each: (each.entry.created, each.entry.id))
    by_handle: dict[str | None, list[_Contributed]] = defaultdict(list)
    for each in measured:
        by_handle[each.entry.owner].append(each)
    voices = [_voice(handle, theirs) for handle, theirs in by_handle.items()]
    middle = median(voice.median for voice in voices)
    low, high = _range(measured, voices)

    def typical(value: Callable[[_Contributed], float | None]) -> float | None:
        """Return the median over submitters of each one's median."""
        return known_median(known_median(map(value, theirs)) for theirs in by_handle.values())

    return BoardRow(
        machine=next(machine for machine in latest.entry.machines if machine.slug == latest.burst.device),
        median=middle,
        low=low,
        high=high,
        submitters=len(voices),
        results=len(measured),
        trust=row_trust(middle, ((each.entry, each.burst.median) for each in measured), voices),
        date=latest.entry.created,
        versions={name: number for name, number in latest.entry.versions.items() if name == latest.burst.backend},
        latest=latest.entry.page,
        library=latest.burst.library,
        of_ceiling=typical(lambda each: each.burst.of_ceiling),
        of_peak=typical(lambda each: each.burst.of_peak),
        of_peak_at_clock=typical(lambda each: each.burst.of_peak_at_clock),
        watts=typical(lambda each: each.burst.watts),
        per_joule=typical(lambda each: each.burst.per_joule),
        sustained=typical(lambda each: each.sustained.median if each.sustained else None),
        sustained_share=typical(lambda each: each.sustained_share),
    )


def _voice(handle: str | None, measured: Sequence[_Contributed]) -> Voice:
    """Return what one submitter says about a device."""
    machines = frozenset(each.entry.machine_id for each in measured if each.entry.machine_id)
    return Voice(handle, median(each.burst.median for each in measured), machines)


def _range(measured: Sequence[_Contributed], voices: Sequence[Voice]) -> tuple[float, float]:
    """Return the lowest and the highest rate: of the submitters' medians, or of one submitter's intervals."""
    if len(voices) == 1:
        return min(each.burst.low for each in measured), max(each.burst.high for each in measured)
    medians = [voice.median for voice in voices]
    return min(medians), max(medians)
