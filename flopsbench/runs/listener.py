"""Serves a request by worker processes: listens to each, and lets a new one go on where one dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from flopsbench.errors import FlopsbenchError
from flopsbench.result.keys import case_id
from flopsbench.result.said import sentence_fields
from flopsbench.runs import messages
from flopsbench.runs.gather import Observed, why_it_died
from flopsbench.runs.messages import Event, Flaw, Request
from flopsbench.runs.process import WorkerProcess
from flopsbench.runs.referee import ParentReferee
from flopsbench.words.reason import Reason

OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """A Listener takes what the workers report, keeps it, and hands it on to whoever watches the run.

    ``hand_out`` gives the Result so far to whoever watches, after each case. ``broken`` are the backends that have
    ended a worker before its work: no worker of this run imports them again.
    """

    observed: Observed
    referee: ParentReferee
    on_event: OnEvent
    hand_out: Callable[[], None]
    broken: dict[str, Flaw] = field(default_factory=dict)

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


@dataclass(slots=True)
class Remaining:
    """A Remaining is what the workers of one request leave to each other.

    ``done`` are the ids of cases that need no other worker. ``spent_s`` is the seconds of those that came to their end:
    what a case takes that has to be ended is not taken from the others. ``under_way`` is the case that was begun at
    ``began_s``, when the worker had the processes ``helpers``. ``printed`` is the end of what the last
    worker printed.
    """

    request: Request
    done: list[str] = field(default_factory=list)
    spent_s: float = 0.0
    under_way: str = ""
    began_s: float = 0.0
    helpers: set[int] = field(default_factory=set)
    printed: list[str] = field(default_factory=list)

    def begin(self, id: str, helpers: set[int]) -> None:
        """Note that a case has its turn."""
        self.under_way, self.began_s, self.helpers = id, time.monotonic(), helpers

    def end(self, id: str) -> None:
        """Note that a case is done; one that was never begun took no time."""
        self.done.append(id)
        self.spent_s += time.monotonic() - self.began_s if self.under_way else 0.0
        self.under_way = ""


def serve(request: Request, listener: Listener) -> None:
    """Serve a request by one worker; when it dies in a case, that case has failed and a new worker goes on."""
    remaining, is_done = Remaining(request), False
    while not is_done:
        failures = listener.observed.failures()
        is_done = listen(remaining, listener)
        if remaining.printed and listener.observed.failures() > failures:
            listener.on_event(messages.Printed(remaining.printed))
        remaining.under_way = ""


def listen(remaining: Remaining, listener: Listener) -> bool:
    """Listen to one worker until it ends; return whether nothing is left to do.

    A worker in which a case has left processes behind is ended, so that none of them is there when the next begins.
    """
    request, done_before = remaining.request, len(remaining.done)
    request = replace(request, skip=remaining.done, broken=listener.broken, spent_s=remaining.spent_s)
    with _worker(request, remaining, listener) as worker:
        for event in worker.events():
            listener.hear(event)
            if isinstance(event, messages.Begun):
                remaining.begin(event.id, worker.helpers())
            elif isinstance(event, messages.Ended):
                remaining.end(case_id(event.case))
                if worker.helpers() - remaining.helpers:
                    worker.dismiss()
                    return set(listener.observed.ids(request.regime)) <= set(remaining.done)
            elif isinstance(event, messages.Finished | messages.Tainted):
                return isinstance(event, messages.Finished)
    if subject := worker.patience.subject:
        return _give_up(subject, listener, worker)
    return _bury(remaining, listener, worker, len(remaining.done) == done_before)


@contextmanager
def _worker(request: Request, remaining: Remaining, listener: Listener) -> Iterator[WorkerProcess]:
    """Yield a worker; when it has ended, keep what it printed."""
    with WorkerProcess(request, listener.referee) as worker:
        yield worker
    remaining.printed = worker.printed


def _give_up(subject: str, listener: Listener, worker: WorkerProcess) -> bool:
    """Let no worker import a backend again that has ended one, and another go on; raise where it was not imported."""
    if subject in listener.broken:
        raise FlopsbenchError(Reason("measuring_process_ended", last_words=worker.last_words()))
    listener.broken[subject] = Flaw(**sentence_fields(reason=why_it_died(worker.last_words())))
    return False


def _bury(remaining: Remaining, listener: Listener, worker: WorkerProcess, did_nothing: bool) -> bool:
    """Record as failed what a worker has died in; return whether nothing is left to do.

    What is left goes to a new one, unless this one died before it did anything: then its cases have failed.
    """
    planned = listener.observed.ids(remaining.request.regime)
    if not planned:
        raise FlopsbenchError(Reason("measuring_process_ended", last_words=worker.last_words()))
    if not remaining.under_way and not did_nothing:
        return False
    lost = [remaining.under_way] if remaining.under_way else [id for id in planned if id not in remaining.done]
    listener.lose(lost, worker.last_words())
    remaining.done += lost
    return not remaining.under_way
