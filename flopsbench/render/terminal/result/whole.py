"""Shows all of a Result: the machine, the table, advice, a line to paste, the ladder, the comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.analysis import headline
from flopsbench.analysis.advice import advice
from flopsbench.render.terminal import scale as scale_view
from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.result.calls import calls
from flopsbench.render.terminal.result.cells import NOTHING, copied, proof, share_heads, shares, tables
from flopsbench.render.terminal.result.machine import machine, scale_command, summary_line
from flopsbench.render.terminal.result.remarks import cautions, failures, grades, not_run, without_ceiling
from flopsbench.result.keys import implementation, op_title, short_shape
from flopsbench.result.types import Case, Result, Stats
from flopsbench.units import format_rate, format_rates
from flopsbench.words.catalogue import phrase


def report(result: Result, lang: str = "en", program: str = "flopsbench") -> RenderableType:
    """Return everything there is to print about one Result; commands in it are those of ``program``."""
    parts: list[RenderableType] = [Paragraph(line) for line in machine(result, lang)]
    if result.cases or not result.calls:
        parts += ["", tables(result, lambda cases, own: _table(cases, own, result, lang), lang)]
    parts += [Paragraph(line, "red") for line in failures(result, lang)]
    parts += [Paragraph(line, "dim") for line in not_run(result, lang)]
    remarks = (*cautions(result, lang), *grades(result, lang), *without_ceiling(result, lang))
    parts += [Paragraph(line, "yellow") for line in remarks]
    parts += ["", calls(result, lang)] if result.calls else []
    if told := advice(result):
        parts += ["", *(Paragraph(phrase(lang, "advice_line", advice=each.text(lang))) for each in told)]
    parts += ["", Paragraph(summary_line(result, lang), "bold")]
    fastest = headline.fastest(result)
    if fastest:
        parts += ["", scale_view.ladder(headline.marks(fastest), lang)]
        parts += ["", scale_view.comparisons(headline.comparisons(result, fastest), lang)]
        parts += [copied(phrase(lang, "more_totals", command=scale_command(fastest[0], lang, program)))]
    return Group(*parts)


def _table(cases: Sequence[Case], own: bool, result: Result, lang: str) -> Table:
    """Return the table of some cases of a Result, with shape, library and interval of each."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column(phrase(lang, "head_dtype"), no_wrap=True)
    rows.add_column(phrase(lang, "head_by_shape"))
    one_process = all(case.stats.rate.basis == "blocks" for case in cases if case.stats)
    rows.add_column(phrase(lang, "head_rate_spread" if one_process else "head_rate_interval"), no_wrap=True)
    for head in share_heads(own):
        rows.add_column(phrase(lang, head), justify="right")
    rows.add_column(phrase(lang, "head_grade"), justify="center")
    rows.add_column(phrase(lang, "head_proof"), no_wrap=True)
    several = len({case.device for case in result.cases}) > 1
    for case in cases:
        reached = shares(case, result.cases) if case.stats else (NOTHING, NOTHING)
        what = (Text(case.dtype, "bold"), Text(_by(case, several, lang)), _rate(case.stats, lang))
        rows.add_row(*what, *reached, case.grade or NOTHING, proof(case, lang, "\n"))
    return rows


def _by(case: Case, several_devices: bool, lang: str) -> str:
    """Return backend, kernel where it is not the vendor's, library; below them shape, threads, device and regime."""
    by = [*op_title(case.op), implementation(case.backend, case.kernel)]
    below = [short_shape(case.m, case.n, case.k)]
    if case.compute:
        by.append(case.compute.library)
        below += [phrase(lang, "on_threads", count=case.compute.threads)] if case.compute.threads else []
    below += [case.device] if several_devices else []
    below += [phrase(lang, "in_sustained")] if case.regime == "sustained" else []
    return f"{', '.join(by)}\n{', '.join(below)}"


def _rate(stats: Stats | None, lang: str) -> Text:
    if stats is None:
        return Text(phrase(lang, "no_rate"), "red")
    rate = stats.rate
    shown = Text(format_rate(rate.median, stats.unit), "bold green")
    shown.append(f"\n{format_rates(rate.low, rate.high, stats.unit)}", "default not bold")
    if stats.per_joule:  # operations per joule are operations per second and watt
        shown.append(f"\n{format_rate(stats.per_joule, stats.unit)}/W", "default not bold")
    return shown
