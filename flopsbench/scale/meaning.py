"""Says what a rate is in people, in hardware at nameplate and in clusters, for readers who name no device of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal

from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak, load_accelerators
from flopsbench.scale.aggregates import HEADLINES, Aggregate, Statement, aggregate, figure, load_aggregates
from flopsbench.scale.ladder import RUNGS, USUAL_FAMILY, KeyPresses, Mark, Rung, column, key_presses, rung_of
from flopsbench.scale.rate import ParsedRate
from flopsbench.scale.rules import family, is_hpl, mixed
from flopsbench.words.reason import Reason

CARDS = 10_000  # of a "ten-thousand-card cluster", at the least
CHINAS_TOTAL = "cn-miit-ai-2025"
FRONTIER = "top500-202606-frontier-rmax"
CLUSTERS_REPORTED = "cn-10k-clusters"
CALCULATORS = "calculator-analogy"
NAMED_CLUSTERS = ("cn-ct-jjj", "cn-cmcc-hohhot", "cn-cmcc-harbin", "cn-ct-lingang")
ASCEND_SET = "cn-cloudmatrix384"
_BOARDS = ("h200-sxm", "b200-sxm", "rtx-4090")
_OTHER_FAMILIES = ("fp64", "fp8")  # what else the first board's nameplate is said in
_DIGITS_OF_A_TOTAL = 2  # a rate of one digit, as "1 EFLOPS", is too round to be known as one total
EXA = 1e18


@dataclass(frozen=True, slots=True)
class DeviceCount:
    """A DeviceCount says how many of a device make a rate: by dense nameplate, by a share of one, or as measured.

    ``name`` is that of the board or machine; that of a set, where the device is one of its chips.
    """

    name: str
    precision: str
    each_per_s: float
    unit: str
    needed: float
    basis: Literal["nameplate", "share", "measured"]
    source: Aggregate | str | None = None

    @property
    def clusters(self) -> float:
        """Return how many clusters of ten thousand such cards make the rate."""
        return self.needed / CARDS


@dataclass(frozen=True, slots=True)
class Reported:
    """A Reported is what is published of China's clusters: their number, and those of them that are named, by size."""

    statement: Statement
    named: tuple[Aggregate, ...]

    @property
    def number(self) -> int:
        """Return how many are reported."""
        return self.statement.number or 0

    @property
    def median_per_s(self) -> float:
        """Return the median of those named."""
        return median(one.rate.value_per_s for one in self.named)

    @property
    def mean_per_s(self) -> float:
        """Return the mean of those named."""
        return mean(one.rate.value_per_s for one in self.named)

    def all_per_s(self) -> tuple[float, float]:
        """Return what all would be at the median and at the mean of those named, the smaller first."""
        low, high = sorted((self.median_per_s, self.mean_per_s))
        return self.number * low, self.number * high


@dataclass(frozen=True, slots=True)
class Meaning:
    """A Meaning is what a rate is; ``counted_in`` are the formats of devices.

    ``published`` are the totals of this value, the best known first, and ``total`` that of them which the rate is taken
    for: the only one, or one that everybody knows. ``uncounted`` is the reason why there are no devices and clusters,
    ``is_hpl`` whether all of this value was achieved in HPL.
    ``quoted`` is the rung of the unit that was written. ``other`` are the first of ``devices`` in other precisions.
    ``machines`` are those of the registry, where ``has_registry``.
    ``analogy`` is the article's slip, where the rate is of its size; ``reported`` China's clusters, where it fills one;
    ``frontier`` the machine that a reader thinks of, where the rate is larger and not of its precision; ``chinas``
    China's total, where the rate is another and may count in its precision.
    """

    rate: ParsedRate
    quoted: Rung
    counted_in: str
    keys: KeyPresses
    devices: tuple[DeviceCount, ...]
    other: tuple[DeviceCount, ...]
    machines: tuple[DeviceCount, ...]
    has_registry: bool
    published: tuple[Aggregate, ...] = ()
    total: Aggregate | None = None
    uncounted: Reason | None = None
    is_hpl: bool = False
    analogy: Statement | None = None
    reported: Reported | None = None
    frontier: Aggregate | None = None
    chinas: Aggregate | None = None


def meaning(rate: ParsedRate, measured: Iterable[Mark] | None = None) -> Meaning:
    """Return what a rate means; ``measured`` are rates of machines to set beside it, None where no registry is."""
    published = _published(rate)
    total = _taken_for(rate, published)
    uncounted = mixed(published[0]) if published and all(map(mixed, published)) else None
    counted_in = _family_of(rate, total)
    floating = rate.unit == "FLOP/s"
    countable = floating and uncounted is None
    chinas = aggregate(CHINAS_TOTAL)
    beside_china = countable and counted_in == family(chinas.precision_or_assumed)
    others = [one for one in _OTHER_FAMILIES if countable and one != counted_in]
    devices = () if uncounted else tuple(_devices(rate, counted_in))
    return Meaning(
        rate=rate,
        quoted=_quoted_rung(rate),
        counted_in=counted_in,
        keys=key_presses(rate.value_per_s),
        devices=devices,
        other=tuple(_boards(rate, _BOARDS[:1], others)),
        machines=() if uncounted else _machines(rate, measured or (), counted_in),
        has_registry=measured is not None,
        published=published,
        total=total,
        uncounted=uncounted,
        is_hpl=bool(published) and all(map(is_hpl, published)),
        analogy=_statement(CALCULATORS) if floating and rate.value_per_s >= EXA else None,
        reported=_reported() if beside_china and any(one.clusters >= 1 for one in devices) else None,
        frontier=_frontier(rate) if countable and counted_in != "fp64" else None,
        chinas=chinas if beside_china and total != chinas else None,
    )


def _machines(rate: ParsedRate, measured: Iterable[Mark], counted_in: str) -> tuple[DeviceCount, ...]:
    """Return each machine by its rate in a family of formats, else by its highest in another; the fastest first."""
    chosen: dict[str, Mark] = {}
    for mark in sorted(measured, key=lambda mark: (family(mark.precision) == counted_in, mark.rate_per_s)):
        if mark.unit == rate.unit:
            chosen[mark.label] = mark
    fastest_first = sorted(chosen.values(), key=lambda mark: -mark.rate_per_s)
    return tuple(
        DeviceCount(
            one.label,
            one.precision,
            one.rate_per_s,
            one.unit,
            rate.value_per_s / one.rate_per_s,
            "measured",
            one.source or None,
        )
        for one in fastest_first
    )


def _published(rate: ParsedRate) -> tuple[Aggregate, ...]:
    """Return the published totals of a rate's value, the best known first."""
    if rate.unit != "FLOP/s":
        return ()
    rates = (total for total in load_aggregates() if not total.is_count)
    same = [total for total in rates if total.rate.value_per_s == rate.value_per_s]
    return tuple(sorted(same, key=lambda one: HEADLINES.index(one.id) if one.id in HEADLINES else len(HEADLINES)))


def _taken_for(rate: ParsedRate, published: Sequence[Aggregate]) -> Aggregate | None:
    """Return the total that a rate is taken for, None where it may be one of several, or is too round to tell."""
    if not published or rate.digits < _DIGITS_OF_A_TOTAL:
        return None
    return published[0] if len(published) == 1 or published[0].id in HEADLINES else None


def _family_of(rate: ParsedRate, total: Aggregate | None) -> str:
    """Return the formats in which devices are set beside a rate: those of the total, else the usual ones."""
    if rate.unit == "OP/s":
        return "int8"
    counted_in = family(total.precision_or_assumed) if total else USUAL_FAMILY
    return counted_in if counted_in in map(family, DTYPES) else USUAL_FAMILY


def _quoted_rung(rate: ParsedRate) -> Rung:
    """Return the rung whose unit a rate was written in, else the one on which it stands."""
    written = (rung for rung in RUNGS if rung.power_of_ten == rate.power_of_ten)
    return next(written, rung_of(rate.value_per_s))


def _devices(rate: ParsedRate, counted_in: str) -> Iterable[DeviceCount]:
    """Yield the boards of the table that readers know, and the chip whose rate is a share of its set's."""
    yield from _boards(rate, _BOARDS, [counted_in])
    ascend = aggregate(ASCEND_SET)
    if ascend.chips and family(ascend.precision_or_assumed) == counted_in:
        each_per_s = ascend.rate.value_per_s / ascend.chips
        needed = rate.value_per_s / each_per_s
        yield DeviceCount(ascend.id, column(counted_in), each_per_s, ascend.rate.unit, needed, "share", ascend)


def _boards(rate: ParsedRate, boards: Iterable[str], families: Iterable[str]) -> Iterable[DeviceCount]:
    """Yield boards of the table by their dense nameplate in each family of formats, where that is stated."""
    table = load_accelerators()
    for dtype in map(column, families):
        for board in (table[one] for one in boards):
            peak = datasheet_peak(board.names_seen[0], dtype)
            if peak:
                needed = rate.value_per_s / peak.rate_per_s
                yield DeviceCount(board.name, dtype, peak.rate_per_s, peak.unit, needed, "nameplate", peak.source)


def _reported() -> Reported:
    """Return what is published of China's clusters."""
    named = sorted(map(aggregate, NAMED_CLUSTERS), key=lambda one: one.rate.value_per_s)
    return Reported(_statement(CLUSTERS_REPORTED), tuple(named))


def _statement(statement_id: str) -> Statement:
    """Return the statement with that id."""
    found = figure(statement_id)
    assert isinstance(found, Statement)
    return found


def _frontier(rate: ParsedRate) -> Aggregate | None:
    """Return the machine that was the first above 1 EFLOPS, where the rate is larger than its own."""
    frontier = aggregate(FRONTIER)
    return frontier if rate.value_per_s > frontier.rate.value_per_s else None
