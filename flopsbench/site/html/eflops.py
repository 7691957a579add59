"""Makes the ladder and the rows of the EFLOPS page: published totals, and how many of a device would make each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from flopsbench.registry.entry import Machine
from flopsbench.render.charts import svg
from flopsbench.render.html import cells
from flopsbench.render.html.cells import NONE
from flopsbench.result.types import METHOD_VERSION
from flopsbench.scale.aggregates import Aggregate, Statement, load_aggregates
from flopsbench.scale.ladder import Landmark
from flopsbench.scale.standing import Standing
from flopsbench.site.model.totals import Best, Step, Totals
from flopsbench.words.catalogue import LANGUAGES, count, phrase, precision
from flopsbench.words.pages import TEXTS, both, say

VERDICTS = {
    "like-for-like": TEXTS["like_for_like"],
    "with caveat": TEXTS["with_caveat"],
    "not compared": TEXTS["not_compared"],
}


def ladder(totals: Totals) -> list[svg.RungMark]:
    """Return the marks of the chart, smallest first: the ends of what was measured on each rung, and the landmarks."""
    measured = [_measured(best) for step in totals.steps for best in step.machines]
    known = [_known(landmark) for step in totals.steps for landmark in step.landmarks]
    return sorted(measured + known, key=lambda rung: (rung.value, rung.label))


def measured_on(step: Step) -> Markup:
    """Return the slowest and the fastest rate of the registry on a rung, each linked to its device."""
    return Markup("<br>").join(_to_device(best) for best in step.machines) or Markup(NONE)


def published_on(step: Step) -> Markup:
    """Return the best-known published figures of a rung, and how many more the page has."""
    lines = [_landmark(landmark) for landmark in step.landmarks]
    shown = {landmark.id for landmark in step.landmarks}
    others = [total for total in step.totals if total.id not in shown]
    if others:
        lines.append(say("and_more", count=len(others)))
    return Markup("<br>").join(lines) or Markup(NONE)


def total_row(total: Aggregate, comparison: Standing | None) -> dict[str, Any]:
    """Return the cells of a published total's row: the total, and how many of the chosen device would make it."""
    return {
        "id": total.id,
        "name": _in_both(lambda lang: _outlook(total, lang) + total.name(lang)),
        "value": None if total.is_count else total.rate.value_per_s,
        "figure": _in_both(lambda lang: phrase(lang, f"quantity_{total.qualifier}", figure=total.printed(lang))),
        "counted_in": _in_both(
            lambda lang: phrase(lang, "comma").join((precision(lang, total.precision), _basis(total, lang)))
        ),
        "as_of": total.as_of or TEXTS["unstated"],
        "source": source(total),
        "needed": needed(comparison) if comparison else NONE,
        "taken": taken(comparison),
    }


def taken(comparison: Standing | None) -> Markup:
    """Return two cells: how many of the device it takes at the datasheet's peak, and how fair that comparison is."""
    if comparison is None:
        return Markup(f'<td class="number">{NONE}</td><td>{NONE}</td>')
    counts = comparison.counts
    by_peak = _count(counts.at_peak, counts.digits) if counts and counts.at_peak else NONE
    reasons = [_in_both(reason.text) for reason in comparison.reasons]
    verdict = VERDICTS[comparison.fairness]
    if reasons:
        listed = "".join(f"<li>{reason}</li>" for reason in reasons)
        verdict = Markup(f"<details><summary>{verdict}</summary><ul>{listed}</ul></details>")
    return Markup(f'<td class="number">{by_peak}</td><td>{verdict}</td>')


def needed(comparison: Standing) -> Markup:
    """Return how many devices it takes at the rate measured, with the dtype that was compared."""
    counts, dtype = comparison.counts, comparison.measured.dtype
    if counts is None or dtype is None:
        return Markup(NONE)
    return _count(counts.achieved, counts.digits) + Markup(f" <small>{dtype.name}</small>")


def rates_of(totals: Totals, machine: Machine) -> Markup:
    """Return every rate of a device, fastest first: "bf16 353 GFLOPS, fp32 189 GFLOPS"."""
    here = [best for best in totals.machines if best.machine.slug == machine.slug]
    ordered = sorted(here, key=lambda best: (best.unit != "FLOP/s", -best.rate_per_s))
    told = ", ".join(f"{best.dtype} {cells.rate(best.rate_per_s, best.unit)}" for best in ordered)
    return Markup("{}{}").format(told, cells.older(ordered[0].method))


def source(entry: Aggregate | Statement) -> Markup:
    """Return where a figure was published, as a link where there is an address, and whether it was read second-hand."""
    return both(*(_source(entry, lang) for lang in LANGUAGES))


def _source(entry: Aggregate | Statement, lang: str) -> Markup:
    """Return where a figure was published in a language."""
    published = entry.source.localized(lang)
    title = link(published.url, published.title) if published.url else escape(published.title)
    parts = [title, escape(phrase(lang, "comma").join(filter(None, (published.publisher, published.published))))]
    if published.via:
        parts.append(escape(phrase(lang, "read_via", name=published.via)))
    if entry.verification == "secondary":
        parts.append(escape(phrase(lang, "second_hand")))
    return escape(phrase(lang, "and")).join(parts)


def statement(entry: Statement) -> Markup:
    """Return a published figure that is no total, with its correction, the names that it lists, and its source."""
    told = _in_both(lambda lang: phrase(lang, "enumerated").join([entry.text(lang), *entry.names]))
    return Markup("{} <small>{}</small>").format(told, source(entry))


def statements_heading() -> Markup:
    """Return the heading above the figures that are no totals."""
    return _in_both(lambda lang: phrase(lang, "list_statements"))


def link(address: str, label: str) -> Markup:
    """Return a link to a web address of the shipped data."""
    return Markup('<a href="{}" rel="external nofollow">{}</a>').format(address, label)


def _count(value: float, digits: int) -> Markup:
    """Return a count of devices in both languages, or that one device exceeds the total."""
    if value < 1:
        return TEXTS["exceeds"]
    return both(*(count(lang, value, digits) for lang in LANGUAGES))


def _measured(best: Best) -> svg.RungMark:
    """Return the mark of a rate of the registry."""
    printed = cells.rate(best.rate_per_s, best.unit)
    marks = ("", "") if best.method == METHOD_VERSION else cells.older_texts(best.method)
    counted_in = f"{best.dtype} {marks[0]}".strip(), f"{best.dtype} {marks[1]}".strip()
    return svg.RungMark(cells.device(best.machine), counted_in, best.rate_per_s, printed, "measured")


def _known(landmark: Landmark) -> svg.RungMark:
    """Return the mark of a landmark: a published machine or total."""
    mark, total = landmark.mark, _total(landmark)
    kind = "total" if total and total.kind in ("national", "target") else "machine"
    label = _called(landmark, "en"), _called(landmark, "zh")
    counted_in = precision("en", landmark.precision), precision("zh", landmark.precision)
    return svg.RungMark(label, counted_in, mark.rate_per_s, mark.printed(), kind)


def _landmark(landmark: Landmark) -> Markup:
    """Return the line of a landmark: its rate, its name and its precision."""

    def told(lang: str) -> str:
        named = f"{landmark.mark.printed()} {_called(landmark, lang)}"
        return phrase(lang, "comma").join((named, precision(lang, landmark.precision)))

    return _in_both(told)


def _called(landmark: Landmark, lang: str) -> str:
    """Return the name of a landmark in a language."""
    total = _total(landmark)
    return total.name(lang) if total else landmark.mark.label


def _total(landmark: Landmark) -> Aggregate | None:
    """Return the published total that a landmark is, None where it is no total."""
    return next((total for total in load_aggregates() if total.id == landmark.id), None)


def _to_device(best: Best) -> Markup:
    """Return a rate with a link to the page of its device."""
    figure = f"{best.dtype} {cells.rate(best.rate_per_s, best.unit)}"
    place = best.machine.slug, cells.named(best.machine)
    return Markup('<a href="devices/{}.html">{}</a> {}{}').format(*place, figure, cells.older(best.method))


def _outlook(total: Aggregate, lang: str) -> str:
    """Return the words that mark a target or a forecast, empty for what stands."""
    return phrase(lang, f"outlook_{total.outlook}") if total.outlook else ""


def _basis(total: Aggregate, lang: str) -> str:
    """Return the words for what a total counts: nameplate peaks, achieved rates, or what is not stated."""
    return phrase(lang, "basis_unknown_short" if total.basis == "unknown" else f"basis_{total.basis}")


def _in_both(text: Callable[[str], str]) -> Markup:
    """Return a text in both languages; ``text`` makes it in one."""
    return both(*(text(lang) for lang in LANGUAGES))
