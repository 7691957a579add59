"""Keeps the judge of a run, a process beside the workers, and the memory through which C reaches it.

Workers inherit the descriptor of that memory, or are told its path where none is inherited, and nothing else of the
judge. What they write there is evidence; what is asked about it, and every answer, passes between this process and the
judge alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO

import msgspec

from flopsbench.host.parent import IS_POSIX
from flopsbench.proof.evidence import Bases, Claim, Prepare
from flopsbench.proof.verdict import refused
from flopsbench.result.types import Proof
from flopsbench.runs.bounds.guarded import GRACE_S, heedless, last_words
from flopsbench.runs.bounds.lines import LineReader
from flopsbench.runs.bounds.scratch import named_scratch_file, scratch_file
from flopsbench.units import general
from flopsbench.words.reason import Reason

LIMIT_S = 120.0  # of one verdict; 8192 x 8192 takes seconds
CHUNK_BYTES = 1 << 13


class JudgeProcess:
    """A JudgeProcess is a fresh interpreter that has loaded no kernel, out of reach of the terminal's Ctrl-C.

    ``descriptor`` is that of the memory it shares with workers: hand it on by ``pass_fds``. ``memory`` is what they are
    told of it: the same, or a path on systems where nothing is inherited. As a context manager: whatever happens,
    neither the judge nor the memory outlives it. A judge that gives no verdict within ``limit_s`` seconds, or dies, has
    failed the product, and another takes its place.
    """

    def __init__(self, python: str = sys.executable, limit_s: float = LIMIT_S) -> None:
        self.descriptor, self.memory = _shared_memory() if IS_POSIX else named_scratch_file()
        self._python, self._limit_s = python, limit_s
        self._start()

    def _start(self) -> None:
        self._complaints: IO[bytes] = scratch_file()
        self._process = subprocess.Popen(
            [self._python, "-P", "-m", "flopsbench.proof.judge", str(self.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
            env=heedless(os.environ),
            pass_fds=(self.descriptor,) if IS_POSIX else (),
        )
        assert self._process.stdout is not None
        self._lines = LineReader(self._process.stdout.fileno())

    def reserve(self, bytes_: int) -> None:
        """Let the memory hold so many bytes at least; what it holds stays."""
        if bytes_ > os.fstat(self.descriptor).st_size:
            os.ftruncate(self.descriptor, bytes_)

    def prepare(self, storages: Sequence[str], bases: Bases) -> None:
        """Let the judge draw bases, and do not wait for it."""
        self._send(Prepare(list(storages), bases))

    def judge(self, claim: Claim) -> Proof:
        """Return the judge's proof; it has failed, with the reason, where there is no verdict."""
        try:
            self._send(claim)
            return self._verdict()
        except BaseException:  # Ctrl-C too: an answer that comes now must not be taken for that to the next question
            self._end()
            raise

    def _send(self, request: Prepare | Claim) -> None:
        """Send a request to the judge, to a fresh one where that is gone."""
        if self._process.poll() is not None:
            self._end()
            self._start()
        assert self._process.stdin is not None
        with suppress(OSError):  # it has died just now, of which its silence will tell
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()

    def _verdict(self) -> Proof:
        """Return what the judge answers; where that is nothing, end it and say so."""
        try:
            line = self._lines.line(self._limit_s)
        except TimeoutError:
            self._end()
            return refused(Reason("judge_late", seconds=general(self._limit_s)))
        if not line.endswith(b"\n"):
            return refused(Reason("judge_died", last_words=self._end(GRACE_S)))
        try:
            return _PROOFS.decode(line)
        except msgspec.DecodeError as error:
            self._end()
            return refused(Reason("judge_garbled", error=str(error)))

    def _end(self, grace_s: float = 0) -> str:
        """End the judge, which may have some seconds to do so itself, and return its last words, once."""
        if self._complaints.closed:
            return ""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        with self._complaints as complaints:
            return last_words(self._process.returncode, complaints)

    def __enter__(self) -> JudgeProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        os.close(self.descriptor)
        if isinstance(self.memory, str):
            with suppress(OSError):  # Windows removes nothing that a process has open, should one be left
                os.unlink(self.memory)


def _shared_memory() -> tuple[int, int | str]:
    """Return memory that no folder shows: empty, and on Linux such that no worker can cut it short.

    Whoever looked at memory that is cut short would be killed. It is its descriptor, and what others are told of it.
    """
    import fcntl

    shared = scratch_file(getattr(os, "MFD_ALLOW_SEALING", 0))
    with shared:
        with suppress(AttributeError, OSError):  # a file in a folder takes no seals
            fcntl.fcntl(shared, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        descriptor = os.dup(shared.fileno())
    return descriptor, descriptor


_PROOFS: msgspec.json.Decoder[Proof] = msgspec.json.Decoder(Proof)
