"""Shows the list of published totals, their growth and other published figures on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.published.sources import cited
from flopsbench.render.terminal.published.trimmed import Trimmed
from flopsbench.render.terminal.scale import figure
from flopsbench.scale.aggregates import Aggregate, Statement
from flopsbench.scale.growth import Growth
from flopsbench.units import fixed, signed_share
from flopsbench.words.catalogue import phrase, precision

# Wide enough for the longest id, "more than 1590 EFLOPS" and "precision unstated"; 80 in all with the gaps.
_COLUMNS = {"list_total": 31, "list_figure": 21, "list_basis": 18, "list_as_of": 7}


def totals(aggregates: Sequence[Aggregate], lang: str) -> RenderableType:
    """Return a table of every published total, one row per total."""
    table = Table(title=phrase(lang, "list_title"), box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for key, width in _COLUMNS.items():
        table.add_column(phrase(lang, key), width=width, overflow="fold")
    for total in aggregates:
        table.add_row(*_cells(total, lang))
    return Trimmed(table)


def statements(entries: Sequence[Statement], lang: str) -> RenderableType:
    """Return published figures and definitions, each with its date, source and correction."""
    parts: list[RenderableType] = [Text(phrase(lang, "list_statements"), "bold")]
    for entry in entries:
        body = [Paragraph(text) for text in (entry.text(lang), *entry.names)]
        source = Paragraph(f"{entry.id}{phrase(lang, 'colon')}{cited(entry, lang)}", "dim")
        parts.append(Padding(Group(*body, source), (0, 0, 0, 2)))
    return Trimmed(*parts)


def growths(spans: Sequence[Growth], lang: str) -> RenderableType:
    """Return the growth of each series from its first to its last total."""
    heading = Paragraph(phrase(lang, "list_growth"), "bold")
    return Trimmed(heading, *(Padding(Paragraph(growth_line(span, lang)), (0, 0, 0, 2)) for span in spans))


def growth_line(span: Growth, lang: str) -> str:
    """Return the growth from one total of a series to another."""
    return phrase(
        lang,
        "growth",
        series=span.later.series or "",
        earlier=span.earlier.quoted,
        since=span.earlier.as_of or "",
        later=span.later.quoted,
        until=span.later.as_of or "",
        percent=signed_share(span.ratio - 1),
        years=fixed(span.years, 2),
    )


def _cells(total: Aggregate, lang: str) -> tuple[RenderableType, str, str, str]:
    """Return one row: name and publisher, figure, what it counts in, the date it describes."""
    outlook = phrase(lang, f"outlook_{total.outlook}") if total.outlook else ""
    source = total.source.localized(lang)
    read = phrase(lang, "second_hand") if total.verification == "secondary" else ""
    told = phrase(lang, "comma").join(filter(None, (source.publisher, source.published, read)))
    named = Group(Paragraph(outlook + total.name(lang)), Paragraph(total.id, "dim"), Paragraph(told, "dim"))
    basis = phrase(lang, "basis_unknown_short" if total.basis == "unknown" else f"basis_{total.basis}")
    counted_in = f"{precision(lang, total.precision)}\n{basis}"
    return named, figure(total, lang).replace(" (", "\n("), counted_in, total.as_of or "-"
