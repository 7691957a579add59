"""Takes hold of a process as it starts, so that its parent can end all of it: by a guard, or by its number alone.

Windows lets nothing stand between: no descriptor is inherited by which a guard would be held, and no signal tells it.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from flopsbench.host.parent import IS_POSIX, below, end_session
from flopsbench.runs.bounds import guard

GUARD_S = 20.0  # for a guard to start its process, which takes milliseconds, and to end it
NUMBER_BYTES = 64  # of the line that tells its number


class Hold(Protocol):
    """A Hold is on a process: ``pipes`` has its pipes and its exit code, ``number`` is its own, None without one."""

    pipes: subprocess.Popen[bytes]
    number: int | None

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that it has started and that are still there."""
        ...

    def let_go(self) -> None:
        """End it, wherever it is, and everything below it."""
        ...

    def bury(self, grace_s: float) -> None:
        """Wait so many seconds for its own end, then end it, and leave nothing of it behind."""
        ...


def take_hold(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    complaints: IO[bytes],
    descriptors: Sequence[int],
) -> Hold:
    """Start a process in a folder, with descriptors that it inherits where it can, and return the hold on it."""
    if IS_POSIX:
        return GuardHold(command, environment, folder, complaints, descriptors)
    return NumberHold(_started(command, environment, folder, complaints))


def _started(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    complaints: IO[bytes],
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program out of reach of the terminal's Ctrl-C, with pipes; Windows takes no descriptors."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
        cwd=folder,
        env=environment,
        pass_fds=descriptors,
    )


def _wait(process: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Wait for the end of a process; return whether it came in time."""
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        return False
    return True


class GuardHold:
    """A GuardHold is on a process below a guard, which ends with its parent, too."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None,
        complaints: IO[bytes],
        descriptors: Sequence[int],
    ) -> None:
        self._held, theirs = socket.socketpair()
        with theirs:
            guarded = guard.command(theirs.fileno(), list(command))
            self.pipes = _started(guarded, environment, folder, complaints, (*descriptors, theirs.fileno()))
        self.number = self._told_number()

    def _told_number(self) -> int | None:
        """Return the number of the process, which leads a process group; None where it could not be started."""
        self._held.settimeout(GUARD_S)
        with suppress(OSError):
            return int(self._held.recv(NUMBER_BYTES) or 0) or None
        return None

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that it has started and that are still there."""
        return below(self.pipes.pid) - {self.number}

    def let_go(self) -> None:
        """Let its guard end it, wherever it is, and everything below it."""
        self._held.close()

    def bury(self, grace_s: float) -> None:
        """Wait for the end of its guard, and leave nothing of it behind."""
        _wait(self.pipes, grace_s)
        self.let_go()
        if not _wait(self.pipes, GUARD_S):  # it was stopped, or has something below it that nobody can end
            self.pipes.kill()
            self.pipes.wait()
        if self.number:  # whoever has ended the guard has not ended these
            end_session(self.number)


class NumberHold:
    """A NumberHold is on a process of which its parent has the number alone; what it leaves when it ends itself stays.

    It ends with its parent when it next asks that for something.
    """

    def __init__(self, pipes: subprocess.Popen[bytes]) -> None:
        self.pipes = pipes
        self.number: int | None = pipes.pid

    def helpers(self) -> set[int]:
        """Return the numbers of the processes that it has started and that are still there."""
        return below(self.pipes.pid)

    def let_go(self) -> None:
        """End it with all that is found below it, unless it has ended: its number may be another's by now."""
        if self.pipes.poll() is None:
            end_session(self.pipes.pid)

    def bury(self, grace_s: float) -> None:
        """Wait for its end, and leave nothing of it behind that can be found."""
        _wait(self.pipes, grace_s)
        self.let_go()
        self.pipes.kill()
        self.pipes.wait()
