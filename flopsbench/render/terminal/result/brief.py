"""Shows the table of a Result with one line per case: what all cases share is said once, above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.result.cells import NOTHING, proof, share_heads, shares
from flopsbench.result.keys import implementation, op_title, short_shape
from flopsbench.result.types import Case, Rate, Result, Stats
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase


def conditions(case: Case, lang: str) -> dict[str, str]:
    """Return by name under which conditions a case was measured, each as it is printed; none that is not known."""
    threads = case.compute.threads if case.compute else None
    return {
        "shape": short_shape(case.m, case.n, case.k),
        **({"threads": phrase(lang, "on_threads", count=threads)} if threads else {}),
        "device": case.device,
        **({"regime": phrase(lang, "in_sustained_short")} if case.regime == "sustained" else {}),
    }


def shared(cases: Sequence[Case], lang: str) -> dict[str, str]:
    """Return the conditions under which every case was measured."""
    known = [conditions(case, lang) for case in cases]
    return {
        name: text
        for name, text in (known[0] if known else {}).items()
        if all(text == each.get(name) for each in known)
    }


def shared_line(cases: Sequence[Case], lang: str) -> Iterator[str]:
    """Yield a line with what all cases share, and the libraries that they call; nothing where that is nothing."""
    alike = [text for name, text in shared(cases, lang).items() if name != "device"]
    libraries = dict.fromkeys(case.compute.library for case in cases if case.compute)
    if parts := [*alike, *libraries]:
        yield ", ".join(parts)


def rows(cases: Sequence[Case], own: bool, result: Result, lang: str) -> Table:
    """Return the table of some cases of a Result."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(phrase(lang, "head_dtype"), no_wrap=True)
    table.add_column(phrase(lang, "head_by"), overflow="fold")
    table.add_column(phrase(lang, "head_rate"), no_wrap=True)
    one_process = all(case.stats.rate.basis == "blocks" for case in cases if case.stats)
    table.add_column(phrase(lang, "head_spread" if one_process else "head_interval"), no_wrap=True)
    for head in share_heads(own):
        table.add_column(phrase(lang, head), justify="right", no_wrap=True)
    table.add_column(phrase(lang, "head_grade"), justify="center", no_wrap=True)
    table.add_column(phrase(lang, "head_proof"), no_wrap=True)
    alike = shared(measured_or_failed(result), lang)
    for case in cases:
        by = ", ".join([*_by(case), *(text for name, text in conditions(case, lang).items() if name not in alike)])
        reached = shares(case, result.cases) if case.stats else (NOTHING, NOTHING)
        table.add_row(
            *(Text(case.dtype, "bold"), by, *_rate(case.stats, lang)),
            *(*reached, case.grade or NOTHING, proof(case, lang, " ")),
        )
    return table


def measured_or_failed(result: Result) -> list[Case]:
    """Return the cases that have a row."""
    return [case for case in result.cases if case.status in ("ok", "failed")]


def _by(case: Case) -> list[str]:
    """Return the operation if it is not the usual one, the backend with an own kernel, and the library's name."""
    library = case.compute.library.split() if case.compute else []
    return [*op_title(case.op), implementation(case.backend, case.kernel), *(name.rstrip(",") for name in library[:1])]


def _rate(stats: Stats | None, lang: str) -> tuple[Text, str]:
    """Return the rate and its interval."""
    if stats is None:
        return Text(phrase(lang, "no_rate"), "red"), NOTHING
    return Text(format_rate(stats.rate.median, stats.unit), "bold green"), interval(stats.rate, stats.unit)


def interval(rate: Rate, unit: str) -> str:
    """Return the interval of a rate, "310–384", with units where one of the ends has another than the rate."""
    shown = [format_rate(value, unit) for value in (rate.median, rate.low, rate.high)]
    is_alike = len({text.split()[1] for text in shown}) == 1
    return "–".join(text.split()[0] if is_alike else text for text in shown[1:])
