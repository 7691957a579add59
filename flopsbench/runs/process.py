"""Runs a worker for its parent: sends the request and reads events, as long as they come in time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from flopsbench import errors
from flopsbench.host.kernel.counters import waited_s
from flopsbench.measure.profiles import PROFILES
from flopsbench.runs import messages
from flopsbench.runs.bounds.guarded import GuardedProcess
from flopsbench.runs.bounds.memory import gave_out, ran_out
from flopsbench.runs.bounds.patience import Patience
from flopsbench.runs.messages import Event, Request
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.runs.referee import ParentReferee


class WorkerProcess(GuardedProcess):
    """A WorkerProcess is a fresh interpreter that measures; it never imports from the current folder.

    The ``referee`` answers its questions, so that ``events`` are the others. ``python`` and ``environment`` are the
    interpreter and the variables it runs under; those of this process by default.
    """

    def __init__(
        self,
        request: Request,
        referee: ParentReferee,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            [python, "-P", "-m", "flopsbench.runs.worker"],
            os.environ if environment is None else environment,
            descriptors=[referee.memory] if isinstance(referee.memory, int) else [],
        )
        self._is_bounded = request.memory_bytes is not None
        self.patience = Patience(_longest_share_s(request))
        self._referee, self.seed = referee, request.seed
        self.answer(msgspec.json.encode(replace(request, memory=referee.memory)) + b"\n")

    def events(self) -> Iterator[Event]:
        """Yield events until the worker ends or waits for its turn; raise its error when it refuses the request.

        A worker that says nothing for too long, or what is no event, is ended with all that it started.
        """
        began = False
        while (line := self._line()).endswith(b"\n"):  # else it died, perhaps in the middle of a word
            try:
                event = _DECODER.decode(line)
            except msgspec.DecodeError as error:
                if not began:
                    raise errors.FlopsbenchError(Reason("other_version_measures", error=error)) from None
                self.end(Reason("no_event", error=str(error)))
                return
            began = True
            self.patience.heed(event)
            if isinstance(event, messages.Refused):
                raise getattr(errors, event.error, errors.FlopsbenchError)(event.message)
            heard = self._referee.hears(event, self)
            if heard is None or isinstance(heard, messages.Stepping):
                continue
            yield heard
            if isinstance(heard, messages.Waiting):
                return

    def _line(self) -> bytes:
        """Return the worker's next line; end it where none comes in the time that its step has, or its case."""
        began = time.monotonic()
        try:
            return self.line(self.patience.left_s)
        except TimeoutError:
            self.end(self.patience.verdict())
            return b""
        except OverflowError as error:
            self.end(Reason("no_event", error=str(error)))
            return b""
        finally:
            self.patience.spend(time.monotonic() - began)

    def waited_s(self) -> float | None:
        """Return how long the worker's first thread has waited for a core, in seconds since its start, where known."""
        return waited_s(self._number) if self._number else None

    def resume(self, told: bytes = messages.TURN) -> None:
        """Let the worker go on: for its next turn, or with ``ENOUGH`` to its end."""
        super().resume(told)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._is_bounded and not self._ended and ran_out(self._last_words):
            self._last_words = gave_out(self._last_words)


def _longest_share_s(request: Request) -> float:
    """Return how long a case can have at most of the time of its process, in seconds."""
    rules = PROFILES[request.profile]
    return request.options.time_s or rules.time_s or rules.case_time_s


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
