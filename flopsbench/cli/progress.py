"""Shows what a run is doing, live on standard error, so that standard output stays the result's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from flopsbench.result.keys import parse_case_key, split_id
from flopsbench.runs import messages
from flopsbench.text import printable, without_commands
from flopsbench.units import format_rate


@contextmanager
def watching() -> Iterator[Callable[[messages.Event], None]]:
    """Yield a listener that shows a bar over the cases and the one under way; nothing where there is no terminal."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.completed}/{task.total}"))
    bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task("starting", total=None)

        def on_event(event: messages.Event) -> None:
            if isinstance(event, messages.Started):
                bar.update(task, total=len(event.cases), completed=0)
            elif isinstance(event, messages.Begun):
                bar.update(task, description=f"{_case(event.id)}: warming up")
            elif isinstance(event, messages.Block):
                rate = format_rate(event.rate_per_s, event.unit)
                bar.update(task, description=f"{_case(event.id)}: block {event.count}, {rate}")
            elif isinstance(event, messages.Ended):
                bar.advance(task)
            elif isinstance(event, messages.Printed):
                told = "\n".join(f"  {without_commands(printable(line))}" for line in event.lines)
                console.print(f"printed by the process of what failed:\n{told}", markup=False, soft_wrap=True)

        yield on_event


def _case(id: str) -> str:
    """Return a case in short, "fp64 numpy cpu" for "cpu gemm/fp64/2048x2048x2048/nn/numpy/blas/cpu/burst"."""
    device, key = split_id(id)
    fields = parse_case_key(key)
    return f"{fields['dtype']} {fields['backend']} {device}"
