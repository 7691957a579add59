"""Runs a worker for its parent: sends the request, reads events, suspends and resumes, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, TYPE_CHECKING

import msgspec
import psutil
from msgspec.structs import replace

from flopsbench import errors
from flopsbench.measure.profiles import PATIENCE, PROFILES
from flopsbench.runs import messages
from flopsbench.runs.lines import LineReader
from flopsbench.runs.messages import Event, Request
from flopsbench.units import general

if TYPE_CHECKING:
    from flopsbench.runs.referee import ParentReferee

STEP_LIMIT_S = 120.0
GRACE_S = 2.0  # for a worker that has said its last word


class WorkerProcess:
    """A WorkerProcess is a fresh interpreter out of reach of the terminal's Ctrl-C.

    It never imports from the current folder. The ``referee`` answers its questions, so that ``events`` are the others.

    As a context manager: whatever happens, no worker outlives it. ``python`` and ``environment`` are the
    interpreter and the variables it runs under; those of this process by default.
    """

    def __init__(
        self,
        request: Request,
        referee: ParentReferee,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._last_words = ""
        self._suspended = False
        self._process = subprocess.Popen(
            [python, "-P", "-m", "flopsbench.runs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
            env=environment,
            pass_fds=(referee.memory,),
        )
        assert self._process.stdout is not None
        self._lines = LineReader(self._process.stdout.fileno())
        self._limit_s = step_limit_s(request)
        self._ended = ""
        self._referee, self.seed = referee, request.seed
        self.answer(msgspec.json.encode(replace(request, memory=referee.memory)) + b"\n")

    def answer(self, line: bytes) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead; what it said of that is read later
            self._process.stdin.write(line)
            self._process.stdin.flush()

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
                    raise errors.FlopsbenchError(
                        f"the measuring process is of another version of flopsbench ({error})"
                    ) from None
                self._end(f"it said what is no event ({error})")
                return
            began = True
            if isinstance(event, messages.Refused):
                raise getattr(errors, event.error, errors.FlopsbenchError)(event.message)
            heard = self._referee.hears(event, self)
            if heard is None:
                continue
            yield heard
            if isinstance(heard, messages.Waiting):
                return

    def _line(self) -> bytes:
        """Return the worker's next line; end it where none comes."""
        try:
            return self._lines.line(self._limit_s)
        except TimeoutError:
            self._end(f"it did nothing for {general(self._limit_s)} s")
            return b""

    def _end(self, reason: str) -> None:
        """End the worker and everything below it, also what has left its session, for a reason that its row tells."""
        self._ended = reason
        end_descendants(self._process.pid)
        self._process.kill()

    def stop(self) -> None:
        """Stop all threads of the worker where they are: thread pools spin for 100 ms and more after a call."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a stopped worker go on."""
        self._process.send_signal(signal.SIGCONT)

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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(0 if error or self._suspended else GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # whoever it left behind in its session
        with self._complaints:
            self._last_words = self._ended or last_words(self._process.returncode, self._complaints)

    def last_words(self) -> str:
        """Return how the worker ended and the last line it wrote, for the reader of a failed row.

        It is known once the context has been left.
        """
        return self._last_words


def last_words(code: int, complaints: IO[bytes]) -> str:
    """Return how a process ended, by its exit code, and the last line of what it wrote to standard error."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    killed = f"killed by signal {-code}{' (out of memory?)' if code == -9 else ''}"
    how = killed if code < 0 else f"exit code {code}"
    return f"{how}: {lines[-1][:300]}" if lines else how


def step_limit_s(request: Request) -> float:
    """Return how long a worker may say nothing, in seconds: importing a library, or one launch of the slowest case."""
    case_time_s = request.options.time_s or PROFILES[request.profile].case_time_s
    return STEP_LIMIT_S + PATIENCE * case_time_s


def end_descendants(pid: int) -> None:
    """End every process below one, stopped first so that none starts another meanwhile."""
    with suppress(psutil.NoSuchProcess):
        below = psutil.Process(pid).children(recursive=True)
        for act in (psutil.Process.suspend, psutil.Process.kill):
            for process in below:
                with suppress(psutil.NoSuchProcess):
                    act(process)


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
