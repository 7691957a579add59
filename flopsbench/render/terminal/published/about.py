"""Shows one published figure in full: value, date, source, basis, series, and what may be compared with it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.published.sources import cited
from flopsbench.render.terminal.published.totals import growth_line
from flopsbench.render.terminal.published.trimmed import Trimmed
from flopsbench.render.terminal.scale import figure
from flopsbench.scale.about import Card
from flopsbench.scale.aggregates import Aggregate, Statement
from flopsbench.scale.rules import has_no_sparsity
from flopsbench.words.catalogue import phrase, precision


def screen(card: Card, lang: str) -> RenderableType:
    """Return the card of one figure: its name, and a line for everything that is known of it."""
    entry = card.entry
    lines = _of_statement(entry, lang) if isinstance(entry, Statement) else _of_total(card, entry, lang)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    above = ""
    for key, text in lines:
        grid.add_row(phrase(lang, key) if key != above else "", Paragraph(text))
        above = key
    name = entry.id if isinstance(entry, Statement) else f"{entry.name(lang)} [{entry.id}]"
    return Trimmed(Paragraph(name, "bold"), grid)


def _of_statement(entry: Statement, lang: str) -> Iterator[tuple[str, str]]:
    """Yield the key of the label and the text of each line of a figure that is no total."""
    yield "about_value", entry.value(lang)
    if entry.as_of:
        yield "list_as_of", entry.as_of
    if entry.said_on:
        yield "about_said_on", entry.said_on
    yield "about_says", entry.text(lang)
    for name in entry.names:
        yield "about_name", name
    yield from _published(entry, lang)


def _of_total(card: Card, total: Aggregate, lang: str) -> Iterator[tuple[str, str]]:
    """Yield the key of the label and the text of each line of a total."""
    outlook = phrase(lang, f"outlook_{total.outlook}") if total.outlook else ""
    yield "about_value", outlook + figure(total, lang)
    yield "list_as_of", total.as_of or phrase(lang, "unstated")
    yield "about_precision", _precision(total, lang)
    yield "about_sparsity", _sparsity(total, lang)
    yield "about_basis", phrase(lang, "unstated" if total.basis == "unknown" else f"basis_{total.basis}")
    for step in card.steps:
        yield "about_series", growth_line(step, lang)
    for one in card.outlooks:
        values = {"outlook": phrase(lang, f"outlook_{one.outlook}"), "date": one.as_of or "", "figure": one.quoted}
        yield "about_series", phrase(lang, "series_outlook", series=one.series or "", **values)
    for reason in card.may:
        yield "about_may", reason.text(lang)
    for reason in card.may_not:
        yield "about_may_not", reason.text(lang)
    yield from _published(total, lang)
    if total.notes_en:
        yield "about_notes", total.notes_zh if lang == "zh" else total.notes_en


def _precision(total: Aggregate, lang: str) -> str:
    """Return the precision that a source states, or who else says it, else what is assumed and why."""
    stated = phrase(lang, "unstated") if total.precision == "unstated" else precision(lang, total.precision)
    if total.precision_read == "secondary":
        return phrase(lang, "about_labelled", precision=stated)
    if total.assumed_precision is None:
        return stated
    why = (total.assumption_en, total.assumption_zh)
    assumed = phrase(lang, "about_assumed", precision=precision(lang, total.assumed_precision), why=why)
    return phrase(lang, "and").join((stated, assumed))


def _sparsity(total: Aggregate, lang: str) -> str:
    """Return whether a total counts 2:4 sparsity; that there is none in its format, where that is so."""
    if has_no_sparsity(total) and total.sparsity == "unstated":
        return phrase(lang, "counts_none", precision=precision(lang, total.precision_or_assumed))
    return phrase(lang, f"counts_{total.sparsity}")


def _published(entry: Aggregate | Statement, lang: str) -> Iterator[tuple[str, str]]:
    """Yield where a figure was published, with the address and the words of the source."""
    yield "about_source", cited(entry, lang)
    if entry.source.url:
        yield "about_address", entry.source.url
    yield "about_quote", entry.quote
