"""Writes files named on the command line: refused before any work is done, written whole, ``-`` for stdout."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from flopsbench.cli import streams
from flopsbench.cli.complaint import complain
from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

STDOUT = "-"


def check_target(option: str, target: str | None, folders: bool = False) -> str | None:
    """Return a target, ``-`` for standard output under any name; raise UsageError for what cannot be written.

    With ``folders`` the file may lie in ones that are yet to be made.
    """
    from flopsbench.result.files import refuse_unwritable

    if target is not None and is_stdout(target):
        if streams.is_closed():
            raise UsageError(Reason("stdout_closed", option=option, target=target))
        return STDOUT
    if target is not None:
        refuse_unwritable(option, target, folders)
    return target


def is_stdout(target: str) -> bool:
    """Return whether a target is standard output, by its name or by that of the file it is redirected to.

    Opened once more it would be written from its beginning, over what was printed.
    """
    try:
        return target == STDOUT or (not streams.is_closed() and os.path.samestat(os.stat(target), os.fstat(1)))
    except (OSError, ValueError):  # no such file; a NUL in its name; no standard output
        return False


def put(option: str, target: str, document: bytes) -> None:
    """Write a document; raise UsageError where a file cannot be written after all."""
    from flopsbench.result.files import write, writing

    if is_stdout(target):
        streams.write_bytes(document)
        return
    with writing(f"{option} {target or repr(target)}"):
        write(Path(target), document)


def put_or_keep(option: str, target: str, document: bytes) -> bool:
    """Write a document and return whether it arrived; if not, complain, and say where it is kept instead."""
    try:
        put(option, target, document)
    except UsageError as error:
        complain(Reason("told_and_kept", told=error, kept=keep(document, Path(target).suffix)))
        return False
    except KeyboardInterrupt:  # while a pipe blocked that nobody reads
        complain(Reason("write_interrupted", option=option, target=target, kept=keep(document, Path(target).suffix)))
        return False
    if is_stdout(target) and (why := streams.why_lost()):
        complain(Reason("write_failed_kept", option=option, target=target, error=why.strerror, kept=keep(document)))
        return False
    return True


def keep(document: bytes, suffix: str = "") -> str:
    """Write a document that took minutes to make to any place that takes it, and return the words that name the place.

    Where there is none it is printed.
    """
    from flopsbench.result.files import write

    name = f"flopsbench-{secrets.token_hex(4)}{suffix or '.json'}"
    for folder in (_temporary, _own):
        with suppress(OSError):
            return Reason("kept_in", place=write(folder() / name, document))
    streams.write_bytes(document)
    return Reason("nowhere_kept_lost") if streams.why_lost() else Reason("nowhere_kept_printed")


def _temporary() -> Path:
    """Return the folder for temporary files; raise OSError where no such folder can be written."""
    return Path(tempfile.gettempdir())


def _own() -> Path:
    """Return the folder in which this program keeps what outlives a run."""
    import platformdirs

    return platformdirs.user_data_path("flopsbench")
