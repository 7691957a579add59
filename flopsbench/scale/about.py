"""Collects all that is known of one published figure: its series, and what may and may not be compared with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flopsbench.dtype import DTYPES
from flopsbench.scale.aggregates import Aggregate, Statement, figure, load_aggregates
from flopsbench.scale.growth import Growth, series_steps
from flopsbench.scale.rules import family, formats, is_hpl, mixed
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Card:
    """A Card is a published figure, the steps of its series, and the reasons for and against comparisons.

    ``outlooks`` are the targets and forecasts of its series.
    """

    entry: Aggregate | Statement
    steps: tuple[Growth, ...] = ()
    outlooks: tuple[Aggregate, ...] = ()
    may: tuple[Reason, ...] = ()
    may_not: tuple[Reason, ...] = ()


def about(figure_id: str) -> Card:
    """Return all that is known of the figure with that id; raise UsageError naming the nearest ids."""
    entry = figure(figure_id)
    if isinstance(entry, Statement):
        return Card(entry)
    totals = load_aggregates()
    return Card(
        entry,
        steps=tuple(series_steps(entry.series, totals)) if entry.series else (),
        outlooks=tuple(one for one in totals if one.series == entry.series and one.outlook) if entry.series else (),
        may=tuple(_may(entry)),
        may_not=tuple(_may_not(entry)),
    )


def _may(total: Aggregate) -> Iterator[Reason]:
    """Yield what may be compared with a total."""
    precision = total.precision_or_assumed
    if total.unit == "H100e":
        yield Reason("may_h100e")
    elif is_hpl(total):
        yield Reason("may_achieved", formats=formats(precision))
    elif not total.is_count and _is_measurable(precision):
        stated = total.precision != "unstated"
        told = formats(precision)
        yield Reason("may_precision", formats=told) if stated else Reason("may_assumed", formats=told)
    members = [one for one in load_aggregates() if total.series and one.series == total.series and one != total]
    if members:
        yield Reason("may_series", ids=_ids(members))


def _may_not(total: Aggregate) -> Iterator[Reason]:
    """Yield what may not be compared with a total, and why."""
    if total.outlook:
        yield Reason(total.outlook)
    if mixture := mixed(total):
        yield mixture
    elif total.unit == "chips":
        yield Reason("chips")
    elif total.is_count:
        yield Reason("h100e_differs")
    elif total.precision_or_assumed == "unstated":
        yield Reason("precision_unstated")
    elif _is_measurable(total.precision_or_assumed):
        yield Reason("not_other_precision", formats=formats(total.precision_or_assumed))
    else:
        yield Reason("precision_unmeasurable", precision=formats(total.precision))
    if is_hpl(total):
        yield Reason("not_nameplate")
    alike = [one for one in load_aggregates() if _is_alike(total, one)]
    if alike:
        yield Reason("not_series", ids=_ids(alike))


def _ids(totals: Iterable[Aggregate]) -> tuple[str, str]:
    """Return the ids of totals, as each language enumerates."""
    ids = [total.id for total in totals]
    return phrase("en", "enumerated").join(ids), phrase("zh", "enumerated").join(ids)


def _is_measurable(precision: str) -> bool:
    """Return whether there is a dtype to measure with in a precision."""
    return family(precision) in map(family, DTYPES)


def _is_alike(total: Aggregate, other: Aggregate) -> bool:
    """Return whether a reader may take two rates for one quantity at two times, which they are not."""
    same = total.kind == other.kind == "national" and total.scope == other.scope
    in_series = total.series is not None and total.series == other.series
    return same and other != total and not in_series and not (total.is_count or other.is_count)
