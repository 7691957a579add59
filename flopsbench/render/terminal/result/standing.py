"""Says in a line each where the rates of a Result stand on the ladder, and beside a published total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flopsbench.analysis import headline
from flopsbench.render.terminal.result.machine import scale_command
from flopsbench.result.types import Case, Result
from flopsbench.scale.ladder import neighbours, rung_of
from flopsbench.scale.rules import counted_precision
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
    yield _beside(one, one.counts, lang) if one.counts else _not_beside(one, lang)


def more_command(result: Result, lang: str, program: str) -> Iterator[str]:
    """Yield the command that says more of the comparison."""
    fastest = headline.fastest(result)
    if fastest:
        dtype = _best_compared(result, fastest).measured.dtype
        case = next(case for case in fastest if dtype is None or case.dtype == dtype.name)
        yield phrase(lang, "more_by_command", command=scale_command(case, lang, program))


def _best_compared(result: Result, fastest: Sequence[Case]) -> Standing:
    """Return the first comparison that says how many devices make the total, or the first that says why not."""
    compared = headline.comparisons(result, fastest)
    return next((each for each in compared if each.counts), compared[0])


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
    said = {"name": one.aggregate.name(lang), "basis": _basis(one, lang)}
    said |= {"figure": phrase(lang, f"quantity_{one.aggregate.qualifier}", figure=one.aggregate.quoted)}
    said |= {"dtype": one.measured.dtype.name if one.measured.dtype else ""}
    if counts.achieved < 1:
        return phrase(lang, "total_is_exceeded", **said, count=count(lang, counts.share, counts.digits))
    peak = count(lang, counts.at_peak, counts.digits) if counts.at_peak else ""
    at_peak = phrase(lang, "devices_at_peak", count=peak) if peak else ""
    return phrase(lang, "total_is_devices", **said, count=count(lang, counts.achieved, counts.digits), at_peak=at_peak)


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
