"""Shows the ladder and the comparisons on a terminal: plain words, readable at 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.published.sources import cited
from flopsbench.render.terminal.published.trimmed import Trimmed
from flopsbench.scale.aggregates import Aggregate
from flopsbench.scale.ladder import (
    RUNGS,
    Landmark,
    Mark,
    key_presses,
    ladder_family,
    landmarks,
    neighbours,
    rung_of,
)
from flopsbench.scale.rules import family, formats
from flopsbench.scale.standing import Counts, Measured, Standing
from flopsbench.units import fixed, format_rate
from flopsbench.words.catalogue import count, duration, phrase, precision

_MANY = 10  # devices from which on one is said as a part of the total
_ALWAYS = range(1, 8)  # kFLOPS to ZFLOPS: where machines and nations stand today


def rate_in_words(measured: Measured, lang: str, quoted: str = "") -> RenderableType:
    """Return what a rate means: its count, the step to the next rung, and how long people would need for one second.

    It is called as it was ``quoted``, with the prefix that fits beside it where that is another one.
    """
    lines = [_rate_sentence(measured, lang, quoted)]
    _, above = neighbours(rung_of(measured.rate_per_s))
    if above:
        times = count(lang, 10.0**above.power_of_ten / measured.rate_per_s, 3)
        lines.append(phrase(lang, "next_rung", times=times, unit=above.unit(measured.unit)))
    keys = key_presses(measured.rate_per_s)
    lines.append(phrase(lang, "keys_one" if keys.people == 1 else "keys_world", time=duration(lang, keys.seconds)))
    return Group(*map(Paragraph, lines))


def ladder(marks: Sequence[Mark], lang: str) -> RenderableType:
    """Return the rungs from the highest down, with what is published on each and a line for every mark.

    One precision stands on a ladder: that of the marks, and where they have several that with most entries. A mark of
    unknown precision stands on every ladder.
    """
    counted_in = ladder_family(marks)
    shown = [mark for mark in marks if not mark.precision or family(mark.precision) == counted_in]
    integer = bool(shown) and all(mark.unit == "OP/s" for mark in shown)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for key in ("ladder_rung", "ladder_count", "ladder_landmarks"):
        heading = phrase(lang, key, formats=formats(counted_in)) if key == "ladder_landmarks" else phrase(lang, key)
        table.add_column(heading, no_wrap=key != "ladder_landmarks")
    for rung in reversed(RUNGS):
        here = [mark for mark in shown if rung_of(mark.rate_per_s) == rung]
        if here or RUNGS.index(rung) in _ALWAYS:
            found = [one for one in landmarks(rung, counted_in, lang) if (one.mark.unit == "OP/s") == integer]
            unit = rung.unit("OP/s" if integer else "FLOP/s")
            table.add_row(unit, f"10^{rung.power_of_ten:<2} {rung.name(lang)}", _on_rung(here, found, lang))
    return Trimmed(table)


def comparisons(compared: Sequence[Standing], lang: str) -> RenderableType:
    """Return the comparisons in full, then those not made, with the reason and what to do about it."""
    made = [_comparison(one, lang) for one in compared if one.counts]
    return Trimmed(*made, *_not_compared([one for one in compared if not one.counts], lang))


def _grid() -> Table:
    """Return an empty table: a short column that never wraps, and a long one that does, even between no spaces."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _rate_sentence(measured: Measured, lang: str, quoted: str) -> str:
    """Return the sentence that says a rate in digits and in words."""
    scaled = format_rate(measured.rate_per_s, measured.unit)
    is_scaled = not quoted or quoted.endswith(f" {scaled.split()[1]}")
    beside = [*([] if is_scaled else [scaled]), *([precision(lang, measured.dtype.name)] if measured.dtype else [])]
    operations = phrase(lang, "operations_flop" if measured.unit == "FLOP/s" else "operations_op")
    return phrase(
        lang,
        "rate_in_words",
        rate=scaled if is_scaled else quoted,
        dtype=phrase(lang, "in_brackets", inner=phrase(lang, "comma").join(beside)) if beside else "",
        count=count(lang, measured.rate_per_s, 3),
        operations=operations,
    )


def _on_rung(here: Sequence[Mark], found: Sequence[Landmark], lang: str) -> RenderableType:
    """Return the marks and landmarks of one rung, the fastest first; a sign makes marks visible without colour."""
    rows = [(mark, ">", mark.label, "bold") for mark in here]
    rows += [
        (one.mark, " ", f"{one.mark.label}{phrase(lang, 'comma')}{precision(lang, one.precision)}", "") for one in found
    ]
    grid = _grid()
    for mark, pointer, label, style in sorted(rows, key=lambda row: -row[0].rate_per_s):
        grid.add_row(f"{pointer} {mark.printed()}", Paragraph(label), style=style)
    return grid


def _comparison(comparison: Standing, lang: str) -> RenderableType:
    """Return one comparison in full: the total, the counts, the reasons, the source."""
    grid = _grid()
    assert comparison.counts is not None
    for key, text in _count_lines(comparison, comparison.counts, lang):
        grid.add_row(phrase(lang, key), Paragraph(text))
    reasons = phrase(lang, "and").join(reason.text(lang) for reason in comparison.reasons)
    grid.add_row(phrase(lang, comparison.fairness), Paragraph(reasons))
    source = Paragraph(_source(comparison.aggregate, lang), "dim")
    return Group(Paragraph(_heading(comparison.aggregate, lang), "bold"), Padding(Group(grid, source), (0, 0, 1, 2)))


def _count_lines(comparison: Standing, counts: Counts, lang: str) -> list[tuple[str, str]]:
    """Return the counts of a comparison, each as the key of its label and its sentence."""
    lines = [("achieved", _achieved(counts, lang))]
    if counts.at_peak:
        at_peak = phrase(lang, "at_peak_count", count=count(lang, counts.at_peak, counts.digits))
        lines.insert(0, ("at_peak", at_peak))
    if counts.if_sparse and (counts.at_peak or counts.achieved) > 1:  # beside the first count, which it halves
        half = count(lang, counts.if_sparse, counts.digits)
        lines[0] = lines[0][0], phrase(lang, "if_sparse_count", counted=lines[0][1], count=half)
    scaling = comparison.measured.scaling
    if counts.scaled and scaling:
        values = {
            "count": count(lang, counts.scaled, counts.digits),
            "eta": fixed(scaling.efficiency, 2),
            "devices": str(scaling.devices),
            "fold": count(lang, counts.scaled / scaling.devices, counts.digits),
        }
        lines.append(("scaled", phrase(lang, "scaled_count", **values)))
    return lines


def _achieved(counts: Counts, lang: str) -> str:
    """Return how many devices at this rate make the total, or how many times the total the rate is."""
    if counts.achieved == 1:
        return phrase(lang, "achieved_equals")
    if counts.achieved < 1:
        return phrase(lang, "achieved_exceeds", times=count(lang, counts.share, counts.digits))
    key = "achieved_count" if counts.achieved >= _MANY else "achieved_few"
    return phrase(lang, key, count=count(lang, counts.achieved, counts.digits))


def _not_compared(left: Sequence[Standing], lang: str) -> list[RenderableType]:
    """Return one block per reason, so that what to do about it is said once."""
    by_reason: dict[str, list[Aggregate]] = {}
    for comparison in left:
        by_reason.setdefault(comparison.reasons[0].text(lang), []).append(comparison.aggregate)
    blocks: list[RenderableType] = []
    for reason, aggregates in by_reason.items():
        lines = [f"{_heading(total, lang)} [{_dates(total, lang)}]" for total in aggregates]
        blocks.append(Paragraph(phrase(lang, "not_compared_because", reason=reason), "bold"))
        blocks.append(Padding(Group(*map(Paragraph, lines)), (0, 0, 0, 2)))
    return blocks


def _heading(total: Aggregate, lang: str) -> str:
    """Return a total's name and figure."""
    outlook = phrase(lang, f"outlook_{total.outlook}") if total.outlook else ""
    return phrase(lang, "versus", outlook=outlook, name=total.name(lang), figure=figure(total, lang))


def figure(total: Aggregate, lang: str) -> str:
    """Return the published figure with what qualifies it: "more than 1590 EFLOPS (1.59 ZFLOPS)"."""
    return phrase(lang, f"quantity_{total.qualifier}", figure=total.printed(lang))


def _as_of(total: Aggregate, lang: str) -> str:
    """Return the date that a total describes, in words."""
    return phrase(lang, "as_of_date", date=total.as_of) if total.as_of else phrase(lang, "as_of_unstated")


def _dates(total: Aggregate, lang: str) -> str:
    """Return who published a total, and the date it describes."""
    return f"{total.source.localized(lang).publisher}{phrase(lang, 'comma')}{_as_of(total, lang)}"


def _source(total: Aggregate, lang: str) -> str:
    """Return the line that names a total's source."""
    return phrase(lang, "source_line", source=cited(total, lang), as_of=_as_of(total, lang))
