"""Runs a process below a guard: sends and reads lines, stops it and lets it go on, and leaves nothing of it behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from flopsbench.host.parent import below
from flopsbench.runs.bounds import guard
from flopsbench.runs.bounds.lines import LineReader
from flopsbench.runs.bounds.scratch import scratch_file
from flopsbench.text import first_line

GRACE_S = 2.0  # for a process that has said its last word
SHOWN_LINES = 10  # of what it printed, the last
GUARD_S = 20.0  # for its guard, which takes milliseconds
NUMBER_BYTES = 64  # of the line that tells its number


class GuardedProcess:
    """A GuardedProcess is out of reach of the terminal's Ctrl-C, below a guard of its own.

    As a context manager: whatever happens, it does not outlive it, nor does what it has started. ``printed`` is then
    what it has printed, the last lines, libraries included.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self._complaints: IO[bytes] = scratch_file()
        self._last_words, self.printed = "", list[str]()
        self._suspended, self._ended = False, ""
        self._held, theirs = socket.socketpair()
        with theirs:
            self._guard = subprocess.Popen(
                guard.command(theirs.fileno(), list(command)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,
                cwd=folder,
                env=heedless(environment),
                pass_fds=(*descriptors, theirs.fileno()),
            )
        assert self._guard.stdout is not None
        self._lines = LineReader(self._guard.stdout.fileno())
        self._number = self._told_number()

    def _told_number(self) -> int | None:
        """Return the number of the process, which leads a process group; None where it could not be started."""
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

    def line(self, limit_s: float) -> bytes:
        """Return its next line; raise TimeoutError where none comes in time, OverflowError where it has no end."""
        return self._lines.line(limit_s)

    def end(self, reason: str) -> None:
        """End it and everything below it, also what has left its session, for a reason that is its last word."""
        self._ended = reason
        self.dismiss()

    def dismiss(self) -> None:
        """Let its guard end it, wherever it is, and everything below it."""
        self._held.close()

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that it has started and that are still there."""
        return below(self._guard.pid) - {self._number}

    def stop(self) -> None:
        """Stop all its threads and its helpers: thread pools spin for 100 ms and more after a call."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after a stop."""
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        """Send a signal to it and whoever is in its process group, unless they are gone."""
        if self._number and self._guard.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._number, number)

    def suspend(self) -> None:
        """Stop it until its next turn."""
        self.stop()
        self._suspended = True

    def resume(self, told: bytes) -> None:
        """Send a line, and let it go on."""
        self.answer(told)
        self.go_on()
        self._suspended = False

    def __enter__(self) -> Self:
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
            self._last_words = self._ended or last_words(self._guard.returncode, self._complaints)

    def last_words(self) -> str:
        """Return how it ended and the last line it wrote, for the reader of a failed row.

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
