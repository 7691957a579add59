"""Collects what the EFLOPS page shows: rates from the smallest machine to a nation's totals, and how many make one.

The rules of fair comparison are those of ``flopsbench.scale``: a total of peaks is no achieved rate, rates of different
precisions are not compared, and every assumption is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak
from flopsbench.registry.entry import Machine
from flopsbench.result.types import METHOD_VERSION
from flopsbench.scale.aggregates import HEADLINES, Aggregate, aggregate, load_aggregates
from flopsbench.scale.compare import compare
from flopsbench.scale.ladder import RUNGS, Landmark, Mark, Rung, ladder_family, landmarks, rung_of
from flopsbench.scale.rules import family
from flopsbench.scale.standing import Measured, Standing
from flopsbench.site.model.boards import Board, BoardRow, Ranking


@dataclass(frozen=True, slots=True)
class Best:
    """A Best is a device's rate on a board: the median of its row, and the dense datasheet peak where one is known.

    ``key`` names the board, and the version of the ``method`` where that is not the current one.
    """

    machine: Machine
    key: str
    method: int
    dtype: str
    math: str
    unit: str
    rate_per_s: float
    peak_per_s: float | None

    @property
    def measured(self) -> Measured:
        """Return the rate as ``flopsbench.scale`` compares it; a rate of an unknown dtype is not compared."""
        return Measured(self.rate_per_s, self.unit, DTYPES.get(self.dtype), self.peak_per_s)


@dataclass(frozen=True, slots=True)
class Step:
    """A Step is a rung of the ladder with what stands on it: rates of the registry, and published totals.

    ``machines`` are the slowest and the fastest rate there in FLOP/s, or one, or none; ``totals`` are smallest first;
    ``landmarks`` come from the shipped tables. All count in one family of formats, or are assumed to.
    """

    rung: Rung
    machines: list[Best]
    totals: list[Aggregate]
    landmarks: list[Landmark]


@dataclass(frozen=True, slots=True)
class DeviceBesideTotals:
    """A DeviceBesideTotals is one device compared with totals: with each in the dtype that compares most fairly.

    All its rates are by one version of the ``method``.
    """

    machine: Machine
    method: int
    comparisons: list[Standing]


@dataclass(frozen=True, slots=True)
class Totals:
    """A Totals is what the EFLOPS page shows; each of ``takes`` is compared with ``headlines``, in their order.

    The ladder's ``steps`` are of one family of formats, ``counted_in``.
    ``machines`` are the rates of every device on every board, by the newest method that the device was measured by;
    they and ``takes`` are sorted by the device's name.
    ``chosen`` is the fastest device compared with all ``aggregates``, None where nothing was measured.
    """

    steps: list[Step]
    counted_in: str
    machines: list[Best]
    headlines: list[Aggregate]
    takes: list[DeviceBesideTotals]
    aggregates: list[Aggregate]
    chosen: DeviceBesideTotals | None


def make_totals(boards: Iterable[Board]) -> Totals:
    """Return what the EFLOPS page shows for these boards."""
    machines = newest_rates(boards)
    headlines = [aggregate(name) for name in HEADLINES]
    aggregates = list(load_aggregates())
    by_machine = [list(rates) for _, rates in groupby(machines, key=lambda best: best.machine.slug)]
    fastest = max(by_machine, key=lambda rates: max(best.rate_per_s for best in rates), default=None)
    floating = [best for best in machines if best.unit == "FLOP/s"]
    counted_in = ladder_family(Mark(best.machine.name, best.rate_per_s, best.unit, best.dtype) for best in floating)
    return Totals(
        steps=_ladder(floating, aggregates, counted_in),
        counted_in=counted_in,
        machines=machines,
        headlines=headlines,
        takes=[_beside_totals(rates, headlines) for rates in by_machine],
        aggregates=aggregates,
        chosen=_beside_totals(fastest, aggregates) if fastest else None,
    )


def make_rates(boards: Iterable[Board]) -> list[Best]:
    """Return every device's rates on every board, by the device's name and then in the order of the boards.

    Rates by several versions of the method stand side by side, the newest first.
    """
    rates = [_best(board, ranking, row) for board in boards for ranking in board.rankings for row in ranking.rows]
    return sorted(rates, key=lambda best: (best.machine.name.lower(), best.machine.slug))


def newest_rates(boards: Iterable[Board]) -> list[Best]:
    """Return every device's rates by the newest method that it was measured by, so that a device has those of one."""
    rates, newest = make_rates(boards), dict[str, int]()
    for best in rates:
        newest[best.machine.slug] = max(best.method, newest.get(best.machine.slug, 0))
    return [best for best in rates if best.method == newest[best.machine.slug]]


def ranking_key(board: Board, ranking: Ranking) -> str:
    """Return the name of a ranking: its board's, and the version of the method where that is not the current one."""
    return board.key if ranking.method == METHOD_VERSION else f"{board.key}-method-{ranking.method}"


def _best(board: Board, ranking: Ranking, row: BoardRow) -> Best:
    """Return the rate of the device in one row of a ranking."""
    peak = datasheet_peak(row.machine.name, board.dtype)
    return Best(
        machine=row.machine,
        key=ranking_key(board, ranking),
        method=ranking.method,
        dtype=board.dtype,
        math=board.math,
        unit=board.unit,
        rate_per_s=row.median,
        peak_per_s=peak.rate_per_s if peak else None,
    )


def _ladder(machines: Iterable[Best], aggregates: Iterable[Aggregate], counted_in: str) -> list[Step]:
    """Return the rungs from that of the smallest machine or total of a precision to that of the largest."""
    rates = sorted((best for best in machines if family(best.dtype) == counted_in), key=lambda best: best.rate_per_s)
    totals = sorted(
        (total for total in aggregates if not total.is_count and family(total.precision_or_assumed) == counted_in),
        key=lambda total: total.rate.value_per_s,
    )
    ends = [rung_of(best.rate_per_s) for best in rates] + [rung_of(total.rate.value_per_s) for total in totals]
    ends += [rung for rung in RUNGS if landmarks(rung, counted_in)]
    at = sorted(map(RUNGS.index, ends))
    return [_step(rung, rates, totals, counted_in) for rung in RUNGS[at[0] : at[-1] + 1]] if at else []


def _step(rung: Rung, rising: Sequence[Best], totals: Iterable[Aggregate], counted_in: str) -> Step:
    """Return a rung with what stands on it; ``rising`` are rates, slowest first."""
    here = [best for best in rising if rung_of(best.rate_per_s) == rung]
    return Step(
        rung=rung,
        machines=here if len(here) < 2 else [here[0], here[-1]],
        totals=[total for total in totals if rung_of(total.rate.value_per_s) == rung],
        landmarks=landmarks(rung, counted_in),
    )


def _beside_totals(rates: Sequence[Best], totals: Iterable[Aggregate]) -> DeviceBesideTotals:
    """Return how a device with these rates compares with the totals."""
    return DeviceBesideTotals(rates[0].machine, rates[0].method, [_fairest(total, rates) for total in totals])


def _fairest(total: Aggregate, rates: Iterable[Best]) -> Standing:
    """Return the comparison with the fewest caveats among all rates of a device, and of several such the fastest."""
    return min((compare(total, best.measured) for best in rates), key=_doubts)


def _doubts(comparison: Standing) -> tuple[bool, int, float]:
    """Return what comparisons are sorted by, the fairest first."""
    return comparison.counts is None, len(comparison.reasons), -comparison.measured.rate_per_s
