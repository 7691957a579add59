"""Shows the table of a Result with one line per case: what all cases share is said once, above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.result.cells import NOTHING, proof, share_heads, shares, with_row
from flopsbench.result.keys import implementation, op_title, short_shape
from flopsbench.result.types import Case, Rate, Result, Stats
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase

ROOMY = 70  # columns, in which rate and interval stand side by side


def conditions(case: Case, lang: str) -> dict[str, str]:
    """Return by name under which conditions a case was measured, each as it is printed; none that is not known."""
    threads = case.compute.threads if case.compute else None
    return {
        "shape": short_shape(case.m, case.n, case.k),
        **({"threads": phrase(lang, "on_threads", count=threads)} if threads else {}),
        "device": case.device,
        "regime": phrase(lang, "in_sustained_short") if case.regime == "sustained" else "",
    }


def shared(cases: Sequence[Case], lang: str) -> dict[str, str]:
    """Return the conditions under which every case was measured of which they are known."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for name, text in conditions(case, lang).items():
            found[name].add(text)
    return {name: texts.pop() for name, texts in found.items() if len(texts) == 1}


def shared_line(cases: Sequence[Case], lang: str) -> Iterator[str]:
    """Yield a line with what all cases share, and the libraries that they call; nothing where that is nothing."""
    alike = [text for name, text in shared(cases, lang).items() if name != "device" and text]
    libraries = dict.fromkeys(case.compute.library for case in cases if case.compute)
    if parts := [*alike, *libraries]:
        yield phrase(lang, "parts_listed").join(parts)


def rows(cases: Sequence[Case], own: bool, result: Result, width: int, lang: str) -> Table:
    """Return the table of some cases of a Result; where ``width`` is small an interval stands below its rate."""
    is_narrow = width < ROOMY
    table = Table(box=None, padding=(0, 1 if is_narrow else 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(phrase(lang, "head_dtype"), no_wrap=True)
    table.add_column(phrase(lang, "head_by"), overflow="fold")
    one_process = all(case.stats.rate.basis == "blocks" for case in cases if case.stats)
    heads = [phrase(lang, "head_rate"), phrase(lang, "head_spread" if one_process else "head_interval")]
    for head in ["\n".join(heads)] if is_narrow else heads:
        table.add_column(head, no_wrap=True)
    for head in share_heads(own):
        table.add_column(phrase(lang, head), justify="right", overflow="fold")
    table.add_column(phrase(lang, "head_grade"), justify="center", overflow="fold")
    table.add_column(phrase(lang, "head_proof"), overflow="fold")
    alike = shared(with_row(result), lang)
    for case in cases:
        by = ", ".join([*_by(case), *_apart(case, alike, lang)])
        rate = _rate(case.stats, lang)
        reached = shares(case, result.cases) if case.stats else (NOTHING, NOTHING)
        table.add_row(
            *(Text(case.dtype, "bold"), by, *([Text("\n").join(rate)] if is_narrow else rate)),
            *(*reached, case.grade or NOTHING, proof(case, lang, " ")),
        )
    return table


def _apart(case: Case, alike: Collection[str], lang: str) -> Iterator[str]:
    """Yield the conditions of a case that are not those of all."""
    for name, text in conditions(case, lang).items():
        if text and name not in alike:
            yield text


def _by(case: Case) -> list[str]:
    """Return the operation if it is not the usual one, the backend with an own kernel, and the library's name."""
    library = case.compute.library.split() if case.compute else []
    return [*op_title(case.op), implementation(case.backend, case.kernel), *(name.rstrip(",") for name in library[:1])]


def _rate(stats: Stats | None, lang: str) -> tuple[Text, Text]:
    """Return the rate and its interval."""
    if stats is None:
        return Text(phrase(lang, "no_rate"), "red"), Text(NOTHING)
    return Text(format_rate(stats.rate.median, stats.unit), "bold green"), Text(interval(stats.rate, stats.unit))


def interval(rate: Rate, unit: str) -> str:
    """Return the interval of a rate, "310–384", with units where one of the ends has another than the rate."""
    shown = [format_rate(value, unit) for value in (rate.median, rate.low, rate.high)]
    is_alike = len({text.split()[1] for text in shown}) == 1
    return "–".join(text.split()[0] if is_alike else text for text in shown[1:])
