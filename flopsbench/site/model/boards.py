"""Makes the boards: one per dtype and math mode, with one row per device. There is no composite score.

The vendor's GEMM ranks; own kernels stand apart, beside it. What other versions of the method measured is ranked apart.
Figures that ``Figure.unranked`` gives a reason against are on no board.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import NamedTuple

from flopsbench import dtype
from flopsbench.registry.entry import Entry, Figure, Machine, Trust
from flopsbench.result.keys import VENDOR_KERNELS
from flopsbench.site.model.published import Published, published_beside
from flopsbench.site.model.trust import Voice, row_trust
from flopsbench.stats import known_median


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A BoardRow is one device on a board, by one version of the method.

    Rates are in the board's unit, shares of a limit are fractions, ``watts`` is in W, ``per_joule`` in operations per
    joule. Each figure is taken from the fastest proven burst case of each Result; of these the median per submitter is
    taken, and of those the median. ``low`` and ``high`` are the lowest and the highest submitter's median; with one
    submitter alone they are the outermost ends of the 95 % intervals of their Results. All Results without a handle
    count as one submitter. ``sustained`` is computed likewise from sustained cases, ``sustained_share`` from their
    share of the burst of the same Result. ``machine``, ``date``, ``latest`` (the stem of its page), ``library``,
    ``versions`` (of the backend that called the library) and ``grade`` are those of the newest Result.
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
    grade: str | None = None
    of_ceiling: float | None = None
    of_peak: float | None = None
    of_peak_at_clock: float | None = None
    watts: float | None = None
    per_joule: float | None = None
    sustained: float | None = None
    sustained_share: float | None = None


@dataclass(frozen=True, slots=True)
class OwnKernel:
    """An OwnKernel is a kernel other than the vendor's GEMM on one device; the figures of ``row`` are its own.

    ``submitter`` says whose code it is; None for this project's own, which is one code whoever measured it.
    ``of_vendor`` is its rate over the vendor's on the same problem in the same Result, or, where ``by_board``, over the
    vendor's in that device's row of the same ranking; None where neither is known.
    """

    row: BoardRow
    backend: str
    kernel: str
    submitter: str | None
    of_vendor: float | None
    by_board: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """A Ranking holds what one version of the method measured of a board: devices, fastest first, and own kernels."""

    method: int
    rows: list[BoardRow]
    own: list[OwnKernel]


@dataclass(frozen=True, slots=True)
class Board:
    """A Board holds what was measured in one dtype and math mode, and what others published.

    There is one ranking per version of the method, newest first, as their rates are not compared; none is empty.
    """

    key: str  # names its page: "bf16-ieee"
    dtype: str
    math: str
    unit: str
    rankings: list[Ranking]
    published: list[Published]


class _Code(NamedTuple):
    """A _Code is what is measured again and again: the vendor's GEMM on a device, or an own kernel there.

    Kernels that come from elsewhere are told apart by their owners as well: two people may call two kernels alike.
    """

    device: str
    backend: str = ""
    kernel: str = ""
    owner: str | None = None


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


_OfCodes = dict[_Code, list[_Contributed]]


@cache
def board_key(dtype: str, math: str) -> str:
    """Return the stem of a board's page."""
    return "-".join(re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-") for text in (dtype, math))


def make_boards(entries: Iterable[Entry]) -> list[Board]:
    """Return every board that has a row, in the order of the dtype table, plain arithmetic first."""
    measured: dict[str, dict[int, _OfCodes]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for entry in entries:
        for (key, code), contribution in _contributions(entry).items():
            measured[key][entry.method][code].append(contribution)
    return sorted((_board(key, methods) for key, methods in measured.items()), key=_order)


def _order(board: Board) -> tuple[int, int, str]:
    """Return what boards are sorted by."""
    return dtype.order(board.dtype), len(board.math), board.key


def _contributions(entry: Entry) -> dict[tuple[str, _Code], _Contributed]:
    """Return, by board and code, the fastest ranked burst case of a Result with the fastest sustained one."""
    fastest: dict[tuple[str, _Code, str], Figure] = {}
    for figure in (figure for figure in entry.figures if not figure.unranked):
        place = (board_key(figure.dtype, figure.math), _code(figure, entry), figure.regime)
        if place not in fastest or figure.median > fastest[place].median:
            fastest[place] = figure
    return {
        (key, code): _Contributed(entry, figure, fastest.get((key, code, "sustained")))
        for (key, code, regime), figure in fastest.items()
        if regime == "burst"
    }


def _code(figure: Figure, entry: Entry) -> _Code:
    """Return what a figure of an Entry was measured of."""
    if figure.is_vendor:
        return _Code(figure.device)
    owner = None if figure.backend in VENDOR_KERNELS else entry.owner
    return _Code(figure.device, figure.backend, figure.kernel, owner)


def _board(key: str, methods: Mapping[int, _OfCodes]) -> Board:
    """Return the board of one dtype and math mode, from what each version of the method measured."""
    rankings = [_ranking(method, methods[method]) for method in sorted(methods, reverse=True)]
    any_figure = next(iter(next(iter(methods.values())).values()))[0].burst
    beside = published_beside(any_figure.dtype)
    return Board(key, any_figure.dtype, any_figure.math, any_figure.unit, rankings, beside)


def _ranking(method: int, codes: _OfCodes) -> Ranking:
    """Return what one version of the method measured: the vendor's GEMM by device, and every own kernel beside it."""
    vendors = (measured for code, measured in codes.items() if not code.kernel)
    rows = sorted(map(_row, vendors), key=lambda row: (-row.median, row.machine.slug))
    rates = {row.machine.slug: row.median for row in rows}
    own = (_own(code, measured, rates.get(code.device)) for code, measured in codes.items() if code.kernel)
    return Ranking(method, rows, sorted(own, key=_own_order))


def _own_order(own: OwnKernel) -> tuple[str, str, float, str]:
    """Return what own kernels are sorted by: those of a device stand together, the fastest first."""
    machine = own.row.machine
    return machine.name.lower(), machine.slug, -own.row.median, own.row.latest


def _own(code: _Code, measured: Sequence[_Contributed], vendor_per_s: float | None) -> OwnKernel:
    """Return one own kernel; ``vendor_per_s`` is the vendor's rate in the device's row, None where it has none."""

    def share(each: _Contributed) -> float | None:
        """Return the share of the vendor's rate in the same Result, or else of that in the row."""
        return each.burst.of_vendor or (each.burst.median / vendor_per_s if vendor_per_s else None)

    latest = max(measured, key=_age)
    return OwnKernel(
        row=_row(measured),
        backend=code.backend,
        kernel=code.kernel,
        submitter=latest.entry.submitter if code.owner else None,
        of_vendor=_typical(share, _by_handle(measured)),
        by_board=vendor_per_s is not None and not all(each.burst.of_vendor for each in measured),
    )


def _age(each: _Contributed) -> tuple[str, str]:
    """Return what contributions are dated by."""
    return each.entry.created, each.entry.id


def _by_handle(measured: Iterable[_Contributed]) -> dict[str | None, list[_Contributed]]:
    """Return the contributions of each submitter."""
    by_handle: dict[str | None, list[_Contributed]] = defaultdict(list)
    for each in measured:
        by_handle[each.entry.owner].append(each)
    return by_handle


def _typical(
    value: Callable[[_Contributed], float | None], by_handle: Mapping[str | None, Sequence[_Contributed]]
) -> float | None:
    """Return the median over submitters of each one's median."""
    return known_median(known_median(map(value, theirs)) for theirs in by_handle.values())


def _row(measured: Sequence[_Contributed]) -> BoardRow:
    """Return the row of one device, or of one own kernel on it."""
    latest, by_handle = max(measured, key=_age), _by_handle(measured)
    voices = [_voice(handle, theirs) for handle, theirs in by_handle.items()]
    middle = median(voice.median for voice in voices)
    low, high = _range(measured, voices)

    def typical(value: Callable[[_Contributed], float | None]) -> float | None:
        return _typical(value, by_handle)

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
        grade=latest.burst.grade,
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
