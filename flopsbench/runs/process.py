"""Runs a worker for its parent: sends the request, reads events, suspends and resumes, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from flopsbench import errors
from flopsbench.host.kernel.counters import waited_s
from flopsbench.host.parent import below
from flopsbench.measure.profiles import PROFILES
from flopsbench.runs import messages
from flopsbench.runs.bounds import guard
from flopsbench.runs.bounds.lines import LineReader
from flopsbench.runs.bounds.memory import gave_out, ran_out
from flopsbench.runs.bounds.patience import Patience
from flopsbench.runs.bounds.scratch import scratch_file
from flopsbench.runs.messages import Event, Request
from flopsbench.text import first_line
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.runs.referee import ParentReferee

GRACE_S = 2.0  # for a worker that has said its last word
SHOWN_LINES = 10  # of what a worker printed, the last
GUARD_S = 20.0  # for its guard, which takes milliseconds
NUMBER_BYTES = 64  # of the line that tells a worker's number


class WorkerProcess:
    """A WorkerProcess is a fresh interpreter out of reach of the terminal's Ctrl-C, below a guard of its own.

    It never imports from the current folder. The ``referee`` answers its questions, so that ``events`` are the others.

    As a context manager: whatever happens, no worker outlives it, nor what that has started. ``printed`` is then what
    it has printed, the last lines, libraries included. ``python`` and
    ``environment`` are the interpreter and the variables it runs under; those of this process by default.
    """

    def __init__(
        self,
        request: Request,
        referee: ParentReferee,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._complaints: IO[bytes] = scratch_file()
        self._last_words, self.printed = "", list[str]()
        self._suspended, self._is_bounded = False, request.memory_bytes is not None
        self._held, theirs = socket.socketpair()
        with theirs:
            self._guard = subprocess.Popen(
                guard.command(theirs.fileno(), [python, "-P", "-m", "flopsbench.runs.worker"]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,
                env=heedless(os.environ if environment is None else environment),
                pass_fds=(referee.memory, theirs.fileno()),
            )
        assert self._guard.stdout is not None
        self._lines = LineReader(self._guard.stdout.fileno())
        self.patience = Patience(_longest_share_s(request))
        self._ended = ""
        self._referee, self.seed = referee, request.seed
        self._number = self._told_number()
        self.answer(msgspec.json.encode(replace(request, memory=referee.memory)) + b"\n")

    def _told_number(self) -> int | None:
        """Return the number of the worker, which leads a process group; None where it could not be started."""
        self._held.settimeout(GUARD_S)
        with suppress(OSError):
            return int(self._held.recv(NUMBER_BYTES) or 0) or None
        return None

    def answer(self, line: bytes) -> None:
        """Send one line."""
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):  # it is dead; what it said of that is read later
            self._guard.stdin.write(line)
            self._guard.stdin.flush()

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
                self._end(Reason("no_event", error=str(error)))
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
            return self._lines.line(self.patience.left_s)
        except TimeoutError:
            self._end(self.patience.verdict())
            return b""
        except OverflowError as error:
            self._end(Reason("no_event", error=str(error)))
            return b""
        finally:
            self.patience.spend(time.monotonic() - began)

    def _end(self, reason: str) -> None:
        """End the worker and everything below it, also what has left its session, for a reason that its row tells."""
        self._ended = reason
        self.dismiss()

    def dismiss(self) -> None:
        """Let its guard end the worker, wherever it is, and everything below it."""
        self._held.close()

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that the worker has started and that are still there."""
        return below(self._guard.pid) - {self._number}

    def waited_s(self) -> float | None:
        """Return how long the worker's first thread has waited for a core, in seconds since its start, where known."""
        return waited_s(self._number) if self._number else None

    def stop(self) -> None:
        """Stop all threads of the worker and its helpers: thread pools spin for 100 ms and more after a call."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a stopped worker go on."""
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        """Send a signal to the worker and whoever is in its process group, unless they are gone."""
        if self._number and self._guard.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._number, number)

    def suspend(self) -> None:
        """Stop the worker until its next turn."""
        self.stop()
        self._suspended = True

    def resume(self, told: bytes = messages.TURN) -> None:
        """Let the worker go on: for its next turn, or with ``ENOUGH`` to its end."""
        self.answer(told)
        self.go_on()
        self._suspended = False

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.stdout.close()
        if not (error or self._suspended or self._ended):
            with suppress(subprocess.TimeoutExpired):
                self._guard.wait(GRACE_S)
        self._held.close()
        try:
            self._guard.wait(GUARD_S)
        except subprocess.TimeoutExpired:  # it was stopped, or has something below it that nobody can end
            self._guard.kill()
            self._guard.wait()
        if self._number:  # whoever has ended the guard has not ended these
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._number, signal.SIGKILL)
        with self._complaints:
            self.printed = _lines(self._complaints)[-SHOWN_LINES:]
            self._last_words = self._ended or self._bounded(last_words(self._guard.returncode, self._complaints))

    def _bounded(self, words: str) -> str:
        """Return last words as a Reason where there is a limit to memory and they are about that."""
        return gave_out(words) if self._is_bounded and ran_out(words) else words

    def last_words(self) -> str:
        """Return how the worker ended and the last line it wrote, for the reader of a failed row.

        It is a Reason where its parent has ended it. It is known once the context has been left.
        """
        return self._last_words


def heedless(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without the one by which warnings can end a process.

    numpy warns of what is no error on some processors, whose arithmetic sets flags for the unused part of a register.
    """
    return {name: text for name, text in environment.items() if name != "PYTHONWARNINGS"}


def last_words(code: int, complaints: IO[bytes]) -> str:
    """Return how a process ended, by its exit code, and the last line of what it wrote to standard error."""
    lines = _lines(complaints)
    killed = f"killed by signal {-code}{' (out of memory?)' if code == -9 else ''}"
    how = killed if code < 0 else f"exit code {code}"
    return f"{how}: {first_line(lines[-1])}" if lines else how


def _lines(complaints: IO[bytes]) -> list[str]:
    """Return the lines that a process wrote to standard error."""
    complaints.seek(0)
    return complaints.read().decode(errors="replace").strip().splitlines()


def _longest_share_s(request: Request) -> float:
    """Return how long a case can have at most of the time of its process, in seconds."""
    rules = PROFILES[request.profile]
    return request.options.time_s or rules.time_s or rules.case_time_s


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
