"""Runs a program for so many seconds at most, with all that it starts, and says how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from flopsbench.host.parent import die_with_parent

GRACE_S = 10.0  # to keep what was measured, after an interrupt
LAST_BYTES = 1 << 20


class Ran(NamedTuple):
    """How a program ended: its exit code, the seconds it took, its last words, and whether it ended by itself."""

    code: int
    seconds: float
    words: str
    in_time: bool

    @property
    def last_line(self) -> str:
        """What it said last."""
        return next((line.strip() for line in reversed(self.words.splitlines()) if line.strip()), "no word")


def ran(command: Sequence[str], seconds: float, environment: Mapping[str, str] = os.environ) -> Ran:
    """The end of a program, which is interrupted when its time is up, and killed where it does not heed that."""
    began, in_time = time.monotonic(), True
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,  # so that it is ended with all that it starts
            preexec_fn=die_with_parent,  # and that it does not go on when this process is killed
        )
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            in_time = False
            _end(child)
        finally:
            _signal(child, signal.SIGKILL)  # of its group, whatever it left there
        words.seek(max(0, words.seek(0, os.SEEK_END) - LAST_BYTES))
        told = words.read().decode(errors="replace")
    return Ran(child.returncode, time.monotonic() - began, told, in_time)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Interrupt a program, as Ctrl-C does, and kill it where it goes on."""
    _signal(child, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    _signal(child, signal.SIGKILL)
    child.wait()


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
