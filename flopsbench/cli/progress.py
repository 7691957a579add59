"""Shows what a run is doing on standard error, so that standard output stays the result's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from flopsbench import units
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
from flopsbench.words.reason import Reason


@contextmanager
def watching(processes: int = 1) -> Iterator[Callable[[messages.Event], None]]:
    """Yield a listener that shows a bar over the cases and the one under way, or a line per case without a terminal."""
    console, pace = Console(stderr=True, highlight=False), Pace(processes)
    if not console.is_terminal:
        yield Lines(pace)
        return
    with Progress(*COLUMNS, console=console, transient=True) as progress:
        yield RunBar(progress, pace)


@dataclass(slots=True)
class Pace:
    """A Pace is how far a run is: how many cases of a process are done, and how long the rest will take.

    Each case that has its turn says how many seconds its share is; those after it are taken to have the same. Of
    processes that are yet to come nothing is known but how long the last one took.
    """

    processes: int = 1
    clock: Callable[[], float] = time.monotonic
    total: int = 0
    done: int = 0
    _is_under_way: bool = False  # a case
    _past: int = 0  # processes
    _process_s: float = 0.0  # of the last one
    _began_s: float = 0.0
    _share_s: float | None = None
    _turn_s: float = 0.0  # when the case under way began

    def take(self, event: messages.Event) -> None:
        """Count what has happened."""
        now = self.clock()
        if isinstance(event, messages.Started):
            self.done += self._is_under_way  # a worker has died in it
            if self.done >= self.total:  # else this worker goes on where another one ended
                self._begin_process(now)
            self.total, self._is_under_way = len(event.cases), False
        elif isinstance(event, messages.Begun):
            self._share_s, self._turn_s, self._is_under_way = event.share_s, now, True
        elif isinstance(event, messages.Ended):
            self.done, self._turn_s, self._is_under_way = self.done + 1, now, False

    def _begin_process(self, now: float) -> None:
        """Count a process that begins."""
        if self.total:
            self._past, self._process_s = self._past + 1, now - self._began_s
        self.done, self._began_s = 0, now

    def left_s(self) -> float | None:
        """Return about how many seconds are left; None before the first case had its turn."""
        if self._share_s is None:
            return None
        process_s = self._process_s or self._share_s * self.total
        here_s = self._share_s * (self.total - self.done) - (self.clock() - self._turn_s)
        return max(here_s, 0.0) + max(process_s, 0.0) * max(self.processes - self._past - 1, 0)


COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(20),
    TextColumn("{task.fields[counted]}"),
    TimeElapsedColumn(),
    TextColumn("{task.fields[left]}"),
)


class RunBar:
    """A RunBar shows on a terminal the case under way, how many of how many are done, and what time is left."""

    def __init__(self, progress: Progress, pace: Pace) -> None:
        self._progress, self._pace = progress, pace
        self._task = progress.add_task(phrase(language(), "starting"), total=None, counted="", left="")

    def __call__(self, event: messages.Event) -> None:
        """Show what has happened."""
        self._pace.take(event)
        if isinstance(event, messages.Begun):
            self._show(phrase(language(), "warming_up", case=_case(event.id)))
        elif isinstance(event, messages.Block):
            rate = format_rate(event.rate_per_s, event.unit)
            self._show(phrase(language(), "at_block", case=_case(event.id), count=event.count, rate=rate))
        elif isinstance(event, messages.Started | messages.Ended):
            self._show()
        elif isinstance(event, messages.Printed):
            self._progress.console.print(_printed(event), markup=False, soft_wrap=True)

    def _show(self, description: str | None = None) -> None:
        """Show where the run is, and what it is doing where that has changed."""
        done, total, left_s = self._pace.done, self._pace.total, self._pace.left_s()
        left = "" if left_s is None else phrase(language(), "time_left", left=duration(left_s).text(language()))
        counted = phrase(language(), "cases_done", done=done, total=total)
        self._progress.update(
            self._task, description=description, completed=done, total=total, counted=counted, left=left
        )


def duration(seconds: float) -> Reason:
    """Return a duration in whole minutes, or in seconds where it is short."""
    if seconds >= 90:
        return Reason("minutes_left", count=units.fixed(seconds / 60, 0))
    return Reason("seconds_left", count=units.fixed(seconds, 0))


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines tell on standard error of each case that is done: which of how many, and its rate or why it has none."""

    pace: Pace

    def __call__(self, event: messages.Event) -> None:
        """Print a line for a case that has come to its end, and what the process of a failed one has printed."""
        self.pace.take(event)
        if isinstance(event, messages.Ended):
            told = {"case": _case(case_id(event.case)), "told": first_line(_outcome(event.case, language()))}
            counted = {"done": self.pace.done, "total": self.pace.total}
            print(phrase(language(), "case_done", **counted, **told), file=sys.stderr)
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
