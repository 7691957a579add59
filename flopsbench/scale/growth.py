"""Computes growth between totals of one series: two publishers, or two definitions, do not make a growth rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from flopsbench.errors import NotComparable
from flopsbench.scale.aggregates import Aggregate

# The end of each period, as a share of its year.
_ENDS = {"Q1": 0.25, "Q2": 0.5, "Q3": 0.75, "Q4": 1.0, "H1": 0.5, "H2": 1.0}


@dataclass(frozen=True, slots=True)
class Growth:
    """A Growth is the ratio of ``later`` to ``earlier``, and the years between their dates."""

    earlier: Aggregate
    later: Aggregate
    ratio: float
    years: float

    @property
    def per_year(self) -> float:
        """Return the steady yearly growth that leads from one to the other: 0.74 is 74 % per year."""
        return float(self.ratio ** (1 / self.years)) - 1


def growth(earlier: Aggregate, later: Aggregate) -> Growth:
    """Return the growth between two totals of one series; raise NotComparable with the reason for any other two."""
    pair = f"{earlier.id} and {later.id}"
    if earlier.series is None or earlier.series != later.series:
        raise NotComparable(f"{pair} belong to different series (publisher or definition): no growth between them")
    if earlier.as_of is None or later.as_of is None or (years := _year(later.as_of) - _year(earlier.as_of)) <= 0:
        raise NotComparable(f"{pair} are not in order of time")
    return Growth(earlier, later, later.rate.value_per_s / earlier.rate.value_per_s, years)


def series_growth(aggregates: tuple[Aggregate, ...]) -> list[Growth]:
    """Return the growth from the first to the last total of every series; targets and forecasts do not count."""
    series: dict[str, list[Aggregate]] = {}
    for entry in aggregates:
        if entry.series and entry.as_of and not entry.outlook:
            series.setdefault(entry.series, []).append(entry)
    spans = (sorted(entries, key=lambda entry: _year(entry.as_of or "")) for entries in series.values())
    return [growth(span[0], span[-1]) for span in spans if len(span) > 1]


def series_steps(series: str, aggregates: Iterable[Aggregate]) -> list[Growth]:
    """Return the growth from each total of a series to the next; targets and forecasts do not count."""
    members = [entry for entry in aggregates if entry.series == series and entry.as_of and not entry.outlook]
    in_time = sorted(members, key=lambda entry: _year(entry.as_of or ""))
    return [growth(earlier, later) for earlier, later in pairwise(in_time)]


def _year(date: str) -> float:
    """Return the end of the period a date names, in years: "2025-06" is 2025.5, "2025" is 2026.0."""
    year, _, part = date.partition("-")
    if not part:
        return int(year) + 1.0
    return int(year) + (_ENDS[part] if part in _ENDS else int(part[:2]) / 12)
