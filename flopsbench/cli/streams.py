"""Keeps standard output and error usable: closed, full, left by their reader, or in an encoding of few letters."""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from flopsbench.errors import ExitCode
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Columns: in fewer a table shows nothing that could be read, and more than that takes minutes to fill with blanks.
NARROWEST, WIDEST = 40, 2000
NO_FORM = "no-form"
# What this program prints beyond ASCII, in letters that every encoding has.
SIGNS = "×·•–—−…±µ≥≤→“”²³°"
LETTERS = ("x", ".", "*", "-", "-", "-", "...", "+-", "u", ">=", "<=", "->", '"', '"', "^2", "^3", "deg ")
PLAIN = str.maketrans(dict(zip(SIGNS, LETTERS, strict=True)))


class Output(io.FileIO):
    """An Output is a standard stream that raises nothing: what cannot be written is dropped, and ``lost`` says why.

    Whoever prints need not ask, and what follows from a result, its file and the exit code, is reached in any case.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to an open descriptor, which stays open."""
        super().__init__(descriptor, "w", closefd=False)
        self.lost: OSError | None = None
        self.is_told = False  # whether somebody was told

    def write(self, data: ReadableBuffer) -> int:
        """Write the bytes, or drop them where an earlier write failed."""
        if self.lost is None:
            try:
                while (written := super().write(data)) is None:  # another program made it non-blocking
                    select.select((), (self,), ())
                return written
            except OSError as error:
                self.lost = error
            except KeyboardInterrupt:  # a pipe that nobody reads blocks for good
                self.lost = InterruptedError(errno.EINTR, os.strerror(errno.EINTR))
                raise
        return memoryview(data).nbytes


def prepare_streams() -> None:
    """Let nothing that is printed end the program, and make the terminal's width one that can be printed to."""
    codecs.register_error(NO_FORM, _plain)
    _occupy(0, os.devnull, os.O_RDONLY)
    _occupy(1, os.devnull, os.O_RDONLY)  # what is written there fails, as if it were closed
    _occupy(2, os.devnull, os.O_WRONLY)
    sys.stdout = _stream(1, sys.stdout)
    sys.stderr = _stream(2, sys.stderr)
    for name in ("COLUMNS", "TERMINAL_WIDTH"):
        if name in os.environ:
            _mend_width(name)


def _occupy(descriptor: int, path: str, mode: int) -> None:
    """Open a standard stream that is closed: else the next file that is opened would get its number."""
    try:
        os.fstat(descriptor)
    except OSError:
        os.dup2(os.open(path, mode), descriptor)


def _stream(descriptor: int, like: TextIO | None) -> TextIO:
    """Return a stream of text over an Output, in the encoding and with the buffering of another."""
    at_once = like is not None and bool(getattr(like, "line_buffering", False))
    return io.TextIOWrapper(
        io.BufferedWriter(Output(descriptor)),
        encoding=like.encoding if like else None,
        errors=NO_FORM,
        line_buffering=at_once or descriptor == 2,
    )


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Return letters that every encoding has for those that this one lacks."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end].translate(PLAIN)
    return lacking.encode("ascii", "backslashreplace").decode(), error.end


def _mend_width(name: str) -> None:
    """Take a variable that holds no width as unset, and a width that nothing fits into as the narrowest."""
    try:
        width = int(os.environ[name])
    except ValueError:
        width = 0
    if 0 < width <= WIDEST:
        os.environ[name] = str(max(width, NARROWEST))
    else:
        del os.environ[name]


def why_lost() -> OSError | None:
    """Return why something printed to standard output did not arrive, to who tells it; None as far as is known."""
    if output := _flushed():
        output.is_told = True
        return output.lost
    return None


def _flushed() -> Output | None:
    """Return standard output, flushed; None where something else stands in for it."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, Output) else None


def is_closed() -> bool:
    """Return whether standard output was closed before the program began, where the system says how it is open."""
    try:
        import fcntl
    except ImportError:
        return False
    return fcntl.fcntl(1, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY


def write_bytes(document: bytes) -> None:
    """Print a document as it is, behind what was printed, whatever the encoding of standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)
    sys.stdout.buffer.flush()


def outcome(code: int) -> int:
    """Return the exit code of a program that would end with ``code``; complain of what did not arrive.

    A reader who left, as head and less do, has seen what he wanted.
    """
    from flopsbench.cli.complaint import complain

    output = _flushed()
    if output is None or output.lost is None or isinstance(output.lost, BrokenPipeError):
        return code
    if not output.is_told:
        complain(Reason("stdout_not_written", error=output.lost.strerror))
    return code or ExitCode.USAGE
