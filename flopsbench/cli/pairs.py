"""Shows what an A/B is doing, live on standard error: pairs done, and the change so far with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flopsbench import units
from flopsbench.cli.language import language
from flopsbench.result.keys import case_title
from flopsbench.track.ab.ab import OnProgress, Progress, ignore_progress
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS, interval
from flopsbench.words.catalogue import phrase


@contextmanager
def watching() -> Iterator[OnProgress]:
    """Yield a listener that rewrites a table after every pair; it does nothing where there is no terminal."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield ignore_progress
        return
    lang = language()
    with Live(Text(phrase(lang, "starting")), console=console, transient=True, auto_refresh=False) as live:
        yield lambda progress: live.update(table(progress, lang), refresh=True)


def table(progress: Progress, lang: str = "en") -> Table:
    """Return a table of one row per case: pairs done, change so far."""
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    shown.add_column(phrase(lang, "column_second_look" if progress.confirming else "column_case"))
    shown.add_column(phrase(lang, "column_pairs"), justify="right", no_wrap=True)
    shown.add_column(phrase(lang, "column_change_so_far"), no_wrap=True)
    for case, values in progress.values.items():
        done = phrase(lang, "pairs_done", count=len(values), total=progress.pairs)
        shown.add_row(Text(case_title(case)), done, so_far(values, lang))
    return shown


def so_far(values: list[float], lang: str = "en") -> str:
    """Return the change so far, "-3.1 %  (-3.6 to -2.5)", once there are enough pairs for an interval."""
    if len(values) < FEWEST_PAIRS:
        return phrase(lang, "after_pairs", count=FEWEST_PAIRS)
    estimate, *ends = map(math.expm1, interval(values))
    low, high = (units.signed_fixed(100 * end, 1) for end in ends)
    return phrase(lang, "so_far", estimate=units.signed_percent(estimate, 1), low=low, high=high)
