"""Shows on standard error where ``flopsbench why`` stands: first the run, then sets of processes done of each look."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from flopsbench.cli.language import language
from flopsbench.cli.progress import duration
from flopsbench.explore.why.why import Stage
from flopsbench.result.keys import case_id, case_title
from flopsbench.runs import messages
from flopsbench.words.catalogue import Value, phrase


@dataclass(slots=True)
class StageTeller:
    """A StageTeller tells of a run and of the stages after it by ``show``, which is given a line at a time."""

    show: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _began: dict[tuple[str, bool], tuple[float, int]] = field(default_factory=dict)

    def on_event(self, event: messages.Event) -> None:
        """Tell which case of the first run is done."""
        if isinstance(event, messages.Ended):
            self.show(phrase(language(), "why_looked_at", case=case_title(case_id(event.case))))

    def on_stage(self, stage: Stage) -> None:
        """Tell how many sets of processes are done, and how long the others of this look will take."""
        now_s = self.clock()
        began_s, before = self._began.setdefault((stage.case, stage.again), (now_s, stage.done))
        told: dict[str, Value] = {"case": case_title(stage.case), "done": stage.done, "sets": stage.sets}
        line = phrase(language(), "why_second_look_at" if stage.again else "why_first_look_at", **told)
        if stage.done > before:
            left_s = (now_s - began_s) / (stage.done - before) * (stage.sets - stage.done)
            line += phrase(language(), "why_left", left=duration(left_s).text(language()))
        self.show(line)


@contextmanager
def watching() -> Iterator[StageTeller]:
    """Yield what tells of the stages: in one line that changes on a terminal, else in a line each."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield StageTeller(lambda line: print(line, file=sys.stderr))
        return
    with Live(Text(phrase(language(), "starting")), console=console, transient=True) as live:
        yield StageTeller(lambda line: live.update(Text(line)))
