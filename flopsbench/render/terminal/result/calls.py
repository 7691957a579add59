"""Shows the calls of a project's own code in a Result: a row for each, with its rate or time, or why there is none."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.paragraph import NO_BREAK
from flopsbench.render.terminal.result.cells import NOTHING
from flopsbench.render.terminal.result.remarks import reason_of
from flopsbench.result.types import Call, Result
from flopsbench.units import format_rate, format_rates
from flopsbench.words.catalogue import phrase


def calls(result: Result, lang: str) -> Table:
    """Return the table of the calls of a Result."""
    one_process = all(call.stats.rate.basis == "blocks" for call in result.calls if call.stats)
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column(phrase(lang, "head_call"), overflow="fold")
    rows.add_column(phrase(lang, "head_rate_or_time"), no_wrap=True)
    rows.add_column(phrase(lang, "head_spread" if one_process else "head_interval"))
    for call in result.calls:
        rows.add_row(Text(call.name), *_cells(call, lang))
    return rows


def _cells(call: Call, lang: str) -> tuple[Text, Text]:
    """Return what a call reached, and between which rates; without a rate its status, with the reason."""
    if call.stats is None:
        return Text(phrase(lang, f"status_{call.status}"), "red"), Text(reason_of(call, lang) or NOTHING)
    rate, unit = call.stats.rate, call.stats.unit
    spread = format_rates(rate.low, rate.high, unit).replace(" ", NO_BREAK)
    return Text(format_rate(rate.median, unit), "bold green"), Text(spread)


def calls_counted(result: Result, lang: str) -> str:
    """Return how many calls a Result has, and how many of them have a rate."""
    return phrase(
        lang, "calls_counted", count=len(result.calls), measured=sum(1 for each in result.calls if each.stats)
    )
