"""Says in a line each where the rates of a Result stand on the ladder, and beside a published total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flopsbench.analysis import headline
from flopsbench.dtype import DTYPES
from flopsbench.render.terminal.result.machine import scale_command
from flopsbench.result.types import Case, Result
from flopsbench.scale.compare import DIGITS_LIKE_FOR_LIKE, dense_per_s
from flopsbench.scale.ladder import neighbours, rung_of
from flopsbench.scale.rules import caveats, counted_precision
from flopsbench.scale.standing import Counts, Standing
from flopsbench.units import format_rate
from flopsbench.words.catalogue import count, phrase, precision

_ASSUMED = {"assumed", "basis_unknown", "sparsity_unstated"}  # caveats about what a source does not say


def place(result: Result, lang: str) -> Iterator[str]:
    """Yield the rung of the fastest rate and one comparison; nothing without a rate that stands on the ladder."""
    fastest = headline.fastest(result)
    if not fastest:
        return
    yield _rung(fastest[0], lang)
    one = _best_compared(result, fastest)
    if one.counts:
        yield _beside(one, one.counts, lang)
    else:
        yield _across(one, lang) if _is_across(one) else _not_beside(one, lang)


def more_command(result: Result, lang: str, program: str) -> Iterator[str]:
    """Yield the command that says more of the comparison."""
    fastest = headline.fastest(result)
    if fastest:
        one = _best_compared(result, fastest)
        dtype = one.measured.dtype
        case = next(case for case in fastest if dtype is None or case.dtype == dtype.name)
        command = scale_command(case, lang, program, with_dtype=not _is_across(one))
        yield phrase(lang, "more_by_command", command=command)


def _best_compared(result: Result, fastest: Sequence[Case]) -> Standing:
    """Return the first comparison that says how often the total is the rate, or the first that says why not."""
    compared = headline.comparisons(result, fastest)
    return next((each for each in compared if each.counts or _is_across(each)), compared[0])


def _is_across(one: Standing) -> bool:
    """Return whether the nation's total is to be told beside a rate of another precision, with the word that it is.

    An FP64 rate has totals of its own.
    """
    differs = [each.code for each in one.reasons] == ["precision_differs"]
    return differs and one.aggregate.id == headline.BESIDE[0] and one.measured.dtype != DTYPES["fp64"]


def _rung(case: Case, lang: str) -> str:
    """Return the line that places a rate on the ladder."""
    assert case.stats is not None
    rate_per_s, unit = case.stats.rate.median, case.stats.unit
    rung = rung_of(rate_per_s)
    _, above = neighbours(rung)
    here = {"dtype": case.dtype, "rate": format_rate(rate_per_s, unit)}
    here |= {"unit": rung.unit(unit), "power": str(rung.power_of_ten)}
    if above is None:
        return phrase(lang, "place_at_top", **here)
    times = count(lang, 10.0**above.power_of_ten / rate_per_s, 3)
    return phrase(lang, "place_on_ladder", **here, next=above.unit(unit), times=times)


def _beside(one: Standing, counts: Counts, lang: str) -> str:
    """Return how many such devices make a total, with all that is assumed of it."""
    said = _told_of(one, lang)
    if counts.achieved < 1:
        return phrase(lang, "total_is_exceeded", **said, count=count(lang, counts.share, counts.digits))
    peak = count(lang, counts.at_peak, counts.digits) if counts.at_peak else ""
    at_peak = phrase(lang, "devices_at_peak", count=peak) if peak else ""
    return phrase(lang, "total_is_devices", **said, count=count(lang, counts.achieved, counts.digits), at_peak=at_peak)


def _across(one: Standing, lang: str) -> str:
    """Return how often a total is a rate of another precision; that they differ is said."""
    dtype = one.measured.dtype
    assert dtype is not None
    counted = counted_precision(one.aggregate, one.measured, None)
    beside = replace(one, reasons=caveats(one.aggregate, one.measured, dtype, counted, None))
    times = dense_per_s(one.aggregate, dtype) / one.measured.rate_per_s
    return phrase(lang, "total_is_times", **_told_of(beside, lang), count=count(lang, times, DIGITS_LIKE_FOR_LIKE))


def _told_of(one: Standing, lang: str) -> dict[str, str]:
    """Return what every line on a total names: the total, its figure, what it counts, and the dtype beside it."""
    return {
        "name": one.aggregate.name(lang),
        "figure": phrase(lang, f"quantity_{one.aggregate.qualifier}", figure=one.aggregate.quoted),
        "basis": _basis(one, lang),
        "dtype": one.measured.dtype.name if one.measured.dtype else "",
    }


def _basis(one: Standing, lang: str) -> str:
    """Return what a total counts: "counted as FP64 achieved", "taken as dense FP16 nameplate" where some is assumed."""
    total, codes = one.aggregate, {reason.code for reason in one.reasons}
    words = {"precision": precision(lang, counted_precision(total, one.measured, None))}
    words |= {"dense": phrase(lang, "if_dense") if "sparsity_unstated" in codes else ""}
    words |= {"basis": phrase(lang, "basis_achieved" if total.basis == "achieved" else "basis_peak")}
    told = phrase(lang, "basis_in_words", **words)
    return phrase(lang, "basis_assumed" if codes & _ASSUMED else "basis_stated", words=told)


def _not_beside(one: Standing, lang: str) -> str:
    """Return why a rate is not set beside a total."""
    total = one.aggregate
    versus = phrase(lang, "versus", outlook="", name=total.name(lang), figure=total.quoted)
    return phrase(lang, "and").join([versus, phrase(lang, "not_compared_because", reason=one.reasons[0].text(lang))])
