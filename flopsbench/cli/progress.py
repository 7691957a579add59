"""Shows what a run is doing on standard error, so that standard output stays the result's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from flopsbench.analysis.rate import rate_of
from flopsbench.cli.language import language
from flopsbench.result.keys import case_id, parse_case_key, split_id
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case
from flopsbench.result.work import amount
from flopsbench.runs import messages
from flopsbench.text import first_line, printable, without_commands
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said


@contextmanager
def watching() -> Iterator[Callable[[messages.Event], None]]:
    """Yield a listener that shows a bar over the cases and the one under way, or a line per case without a terminal."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.completed}/{task.total}"))
    bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
    with bar:
        task = bar.add_task(phrase(language(), "starting"), total=None)

        def on_event(event: messages.Event) -> None:
            if isinstance(event, messages.Started):
                bar.update(task, total=len(event.cases), completed=0)
            elif isinstance(event, messages.Begun):
                bar.update(task, description=phrase(language(), "warming_up", case=_case(event.id)))
            elif isinstance(event, messages.Block):
                rate = format_rate(event.rate_per_s, event.unit)
                told = phrase(language(), "at_block", case=_case(event.id), count=event.count, rate=rate)
                bar.update(task, description=told)
            elif isinstance(event, messages.Ended):
                bar.advance(task)
            elif isinstance(event, messages.Printed):
                console.print(_printed(event), markup=False, soft_wrap=True)

        yield on_event


@dataclass(slots=True)
class Lines:
    """Lines tell on standard error of each case that is done: which of how many, and its rate or why it has none."""

    total: int = 0
    done: int = 0

    def __call__(self, event: messages.Event) -> None:
        """Print a line for a case that has come to its end, and what the process of a failed one has printed."""
        if isinstance(event, messages.Started):
            if self.done >= self.total:  # else this worker goes on where another one ended
                self.done = 0
            self.total = len(event.cases)
        elif isinstance(event, messages.Ended):
            self.done += 1
            told = {"case": _case(case_id(event.case)), "told": first_line(_outcome(event.case, language()))}
            print(phrase(language(), "case_done", done=self.done, total=self.total, **told), file=sys.stderr)
        elif isinstance(event, messages.Printed):
            print(_printed(event), file=sys.stderr)


def _printed(event: messages.Printed) -> str:
    """Return what a worker printed, in lines that no terminal and no log obeys."""
    lines = (f"  {without_commands(printable(line))}" for line in event.lines)
    return "\n".join([phrase(language(), "printed_by_failed"), *lines])


def _outcome(case: Case, lang: str) -> str:
    """Return the rate of the one process of a case so far, or why it has none."""
    if case.status != "ok":
        reason = said(as_reason(case.reason or "", case.reason_said), lang)
        return phrase(lang, "without_rate", status=phrase(lang, f"status_{case.status}"), reason=reason)
    rate = format_rate(rate_of(case.processes, case.flop_per_launch).median, amount(case).unit)
    return phrase(lang, "rate_of_blocks", rate=rate, blocks=len(case.processes[0].block_s))


def _case(id: str) -> str:
    """Return a case in short, "fp64 numpy cpu" for "cpu gemm/fp64/2048x2048x2048/nn/numpy/blas/cpu/burst"."""
    device, key = split_id(id)
    fields = parse_case_key(key)
    return f"{fields['dtype']} {fields['backend']} {device}"
