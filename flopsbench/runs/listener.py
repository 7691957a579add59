"""Serves a request by worker processes: listens to each, and lets a new one go on where one dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from flopsbench.errors import FlopsbenchError
from flopsbench.result.keys import case_id
from flopsbench.runs import messages
from flopsbench.runs.gather import Observed
from flopsbench.runs.messages import Event, Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.runs.referee import ParentReferee

OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """A Listener takes what the workers report, keeps it, and hands it on to whoever watches the run.

    ``hand_out`` gives the Result so far to whoever watches, after each case.
    """

    observed: Observed
    referee: ParentReferee
    on_event: OnEvent
    hand_out: Callable[[], None]

    def hear(self, event: Event) -> None:
        """Keep what an event reports and hand it on; after a case, hand out the Result so far, too."""
        self.observed.take(event)
        self.on_event(event)
        if isinstance(event, messages.Ended):
            self.hand_out()

    def lose(self, ids: Sequence[str], last_words: str) -> None:
        """Record cases as failed whose worker died in them, and hand out the Result so far."""
        for id in ids:
            self.observed.lose(id, last_words)
        self.hand_out()


def serve(request: Request, listener: Listener) -> None:
    """Serve a request by one worker; when it dies in a case, that case has failed and a new worker goes on."""
    done: list[str] = []
    while not listen(replace(request, skip=done), listener, done):
        pass


def listen(request: Request, listener: Listener, done: list[str]) -> bool:
    """Listen to one worker until it ends; return whether nothing is left to do.

    The ids of cases that need no other worker are appended to ``done``. What is left when a worker dies goes to a new
    one, unless this one died before it did anything: then its cases have failed.
    """
    under_way, did_nothing = None, True
    with WorkerProcess(request, listener.referee) as worker:
        for event in worker.events():
            listener.hear(event)
            if isinstance(event, messages.Begun):
                under_way = event.id
            elif isinstance(event, messages.Ended):
                done.append(case_id(event.case))
                under_way, did_nothing = None, False
            elif isinstance(event, messages.Finished | messages.Tainted):
                return isinstance(event, messages.Finished)
    planned = listener.observed.ids(request.regime)
    if not planned:
        raise FlopsbenchError(f"the measuring process ended before its work: {worker.last_words()}")
    if under_way is None and not did_nothing:
        return False
    lost = [under_way] if under_way else [id for id in planned if id not in done]
    listener.lose(lost, worker.last_words())
    done += lost
    return under_way is None
