"""Runs a process of which nothing is left: sends and reads lines, stops it and lets it go on, and ends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from flopsbench.host.parent import CAN_SUSPEND
from flopsbench.runs.bounds.hold import take_hold
from flopsbench.runs.bounds.lines import LineReader
from flopsbench.runs.bounds.scratch import scratch_file
from flopsbench.text import first_line

GRACE_S = 2.0  # for a process that has said its last word
SHOWN_LINES = 10  # of what it printed, the last


class GuardedProcess:
    """A GuardedProcess is out of reach of the terminal's Ctrl-C, below a guard of its own where there can be one.

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
        self._hold = take_hold(command, heedless(environment), folder, self._complaints, descriptors)
        self._pipes, self._number = self._hold.pipes, self._hold.number
        assert self._pipes.stdout is not None
        self._lines = LineReader(self._pipes.stdout.fileno())

    def answer(self, line: bytes) -> None:
        """Send one line."""
        assert self._pipes.stdin is not None
        with suppress(OSError):  # it is dead; what it said of that is read later
            self._pipes.stdin.write(line)
            self._pipes.stdin.flush()

    def line(self, limit_s: float) -> bytes:
        """Return its next line; raise TimeoutError where none comes in time, OverflowError where it has no end."""
        return self._lines.line(limit_s)

    def end(self, reason: str) -> None:
        """End it and everything below it, also what has left its session, for a reason that is its last word."""
        self._ended = reason
        self.dismiss()

    def dismiss(self) -> None:
        """End it, wherever it is, and everything below it."""
        self._hold.let_go()

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that it has started and that are still there."""
        return self._hold.helpers()

    def stop(self) -> None:
        """Stop all its threads and its helpers: thread pools spin for 100 ms and more after a call.

        Where a system cannot, it waits for its next line all the same.
        """
        if CAN_SUSPEND:
            self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after a stop."""
        if CAN_SUSPEND:
            self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        """Send a signal to it and whoever is in its process group, unless they are gone."""
        if self._number and self._pipes.poll() is None:
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
        assert self._pipes.stdin is not None
        assert self._pipes.stdout is not None
        with suppress(OSError):
            self._pipes.stdin.close()
        self._pipes.stdout.close()
        self._hold.bury(0 if error or self._suspended or self._ended else GRACE_S)
        with self._complaints:
            self.printed = _lines(self._complaints)[-SHOWN_LINES:]
            self._last_words = self._ended or last_words(self._pipes.returncode, self._complaints)

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
