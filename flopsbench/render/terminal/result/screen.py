"""Shows what ``run`` ends with: the table, and in one line each why, what to do, and where this machine stands."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType

from flopsbench.analysis.advice import advised
from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.result.brief import rows, shared_line
from flopsbench.render.terminal.result.cells import copied, tables, with_row
from flopsbench.render.terminal.result.counted import grades_counted, not_run_counted
from flopsbench.render.terminal.result.machine import machine, summary_line
from flopsbench.render.terminal.result.remarks import cautions, failures, not_run, without_ceiling
from flopsbench.render.terminal.result.standing import more_command, place
from flopsbench.result.types import Result
from flopsbench.words.catalogue import phrase


def screen(result: Result, width: int, lang: str = "en", program: str = "flopsbench") -> RenderableType:
    """Return what fits on a screen of ``width`` columns: 40 lines for a machine with a case per dtype and backend."""
    shown = with_row(result)
    parts: list[RenderableType] = [Paragraph(line) for line in (*machine(result, lang), *shared_line(shown, lang))]
    parts += ["", tables(result, lambda cases, own: rows(cases, own, result, width, lang), lang)] if shown else []
    parts += [Paragraph(line, "red") for line in failures(result, lang)]
    # Where nothing was run, why is all that there is to say.
    left_out = not_run_counted(result, width, lang) if shown else not_run(result, lang)
    parts += [Paragraph(line, "dim") for line in left_out]
    remarks = (*grades_counted(result, width, lang), *cautions(result, lang), *without_ceiling(result, lang))
    parts += [Paragraph(line, "yellow") for line in remarks]
    parts += ["", *(Paragraph(line) for line in _main_advice(result, lang))]
    parts += [Paragraph(summary_line(result, lang), "bold"), *(Paragraph(line) for line in place(result, lang))]
    parts += [copied(line) for line in more_command(result, lang, program)]
    return Group(*parts)


def _main_advice(result: Result, lang: str) -> Iterator[str]:
    """Yield the advice that explains most of what is missing, and how many more there are."""
    told = advised(result)
    if told:
        most = max(told, key=lambda each: each.missing)
        more = [phrase(lang, "and_more_in_full", count=len(told) - 1)] if told[1:] else []
        yield phrase(lang, "and").join([phrase(lang, "advice_line", advice=most.sentence.text(lang)), *more])
        yield ""
