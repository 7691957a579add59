"""Writes a Result as Markdown: a headline, the machine, a table of its cases, and the reasons for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flopsbench.analysis.vendor import is_own
from flopsbench.dtype import order
from flopsbench.render.files.markdown import escape, folded
from flopsbench.render.terminal.result.brief import interval
from flopsbench.render.terminal.result.cells import NOTHING, proof, share_heads, shares, with_row
from flopsbench.render.terminal.result.machine import machine, summary_line
from flopsbench.render.terminal.result.remarks import cautions, failures, grades, not_run, without_ceiling
from flopsbench.result.keys import case_id, case_title
from flopsbench.result.types import Case, Result
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase

ENGLISH = "en"  # as every document


def results_markdown(results: Iterable[Result]) -> str:
    """Return Results as one document, each under its own headline."""
    return "\n".join("".join(f"{line}\n" for line in _lines(result)) for result in results)


def _lines(result: Result) -> Iterator[str]:
    """Yield the lines of one Result."""
    yield f"### {escape(summary_line(result))}"
    yield ""
    yield from (f"{escape(line)}  " for line in machine(result, ENGLISH))
    shown = sorted(with_row(result), key=lambda case: (order(case.dtype), case.backend, case.kernel))
    vendors, own = ([case for case in shown if is_own(case) == owned] for owned in (False, True))
    yield from _table(vendors, result)
    if vendors and own:
        yield from ("", escape(phrase(ENGLISH, "own_beside_vendor")))
    yield from _table(own, result)
    if told := [*failures(result, ENGLISH), *cautions(result, ENGLISH)]:
        yield from ("", *(f"- **{escape(line)}**" for line in told))
    yield from folded("Not run", list(not_run(result, ENGLISH)))
    yield from folded("Why grades are no better", list(grades(result, ENGLISH)))
    yield from folded("Without a ceiling", list(without_ceiling(result, ENGLISH)))


def _table(cases: Sequence[Case], result: Result) -> Iterator[str]:
    """Yield the table of some cases, which are own kernels or the vendor's; nothing for none."""
    if not cases:
        return
    one_process = all(case.stats.rate.basis == "blocks" for case in cases if case.stats)
    reached = (phrase(ENGLISH, head).replace("\n", " ") for head in share_heads(is_own(cases[0])))
    heads = ("case", "rate", "spread in a process" if one_process else "95 % interval", *reached, "grade", "proof")
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield "|---|--:|--:|--:|--:|:-:|---|"
    for case in cases:
        yield f"| {' | '.join(map(escape, _cells(case, result)))} |"


def _cells(case: Case, result: Result) -> Iterator[str]:
    """Yield the cells of one case."""
    yield case_title(case_id(case))
    if case.stats:
        yield format_rate(case.stats.rate.median, case.stats.unit)
        yield interval(case.stats.rate, case.stats.unit)
        yield from shares(case, result.cases)
    else:
        yield from (phrase(ENGLISH, "no_rate"), *[NOTHING] * 3)
    yield case.grade or NOTHING
    yield proof(case, ENGLISH, " ").plain
