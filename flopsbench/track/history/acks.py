"""Reads and writes the changes that somebody has accepted: ``acks.toml`` in the history's folder, a line for each.

A line is a whole TOML table, so that git can merge two branches that both added lines by keeping them all; the
``.gitattributes`` beside it tells git to. Where both accepted the same change, the later date counts.
"""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.result.files import named, read_regular, writing
from flopsbench.result.strict import parse_toml, toml_lines
from flopsbench.text import hidden, says_something, seen
from flopsbench.words.reason import Reason

NAME = "acks.toml"
MERGE_RULE = f"{NAME} merge=union\n"


class Ack(NamedTuple):
    """An Ack is one accepted change: of which case, on which day, and why."""

    case: str
    day: date
    reason: str


def read_acks(folder: Path) -> dict[str, Ack]:
    """Return the acknowledgements of a history by the ids of their changes.

    Raise DocumentRejected for a broken file.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        with named(path):
            lines = toml_lines(read_regular(path).decode())
    except UnicodeDecodeError as error:
        raise DocumentRejected(Reason("at_path", path=path, error=error)) from None
    found: dict[str, Ack] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        try:
            told = {id: _ack(table) for id, table in parse_toml(line).items()}
        except (ValueError, DocumentRejected):
            like = _line("1a2b3c4d", Ack("CASE", date(2026, 8, 1), "WHY"))
            raise DocumentRejected(Reason("not_an_ack_line", path=path, line=number, like=like)) from None
        found |= {id: ack for id, ack in told.items() if id not in found or ack.day >= found[id].day}
    return found


def _ack(table: Any) -> Ack:
    """Return the acknowledgement that a TOML table holds; raise ValueError where it is none."""
    fields = table if isinstance(table, dict) else {}
    case, day, reason = fields.get("case"), fields.get("date"), fields.get("reason")
    if not (isinstance(case, str) and type(day) is date and isinstance(reason, str)):
        raise ValueError(Reason("not_an_ack"))
    if hidden(case) or hidden(reason) or not says_something(reason):
        raise ValueError(Reason("nobody_can_read"))
    return Ack(case, day, reason)


def add_ack(folder: Path, id: str, case: str, reason: str, day: date | None = None) -> Path:
    """Accept a change and return the file it is noted in.

    Raise UsageError where no reason is given or the file cannot be written.
    """
    said = " ".join(seen(reason).split())
    if not says_something(said):
        raise UsageError(Reason("reason_without_words"))
    path = folder / NAME
    with writing(path):
        _append(folder / ".gitattributes", MERGE_RULE)
        _append(path, _line(id, Ack(case, day or datetime.now(UTC).date(), said)) + "\n")
    return path


def _line(id: str, ack: Ack) -> str:
    """Return an acknowledgement as a line of TOML."""
    case, reason = (json.dumps(text, ensure_ascii=False) for text in (ack.case, ack.reason))  # as TOML quotes it
    return f"{json.dumps(id)} = {{date = {ack.day.isoformat()}, case = {case}, reason = {reason}}}"


def _append(path: Path, line: str) -> None:
    """Add a line that is not there yet, on a line of its own whatever an editor left at the end; all of it or nothing.

    Raise OSError where it cannot be written.
    """
    added = line.encode()
    with path.open("a+b", buffering=0) as file:
        _lock(file)  # another may accept a change at this moment
        file.seek(0)
        known = file.read()  # in any encoding
        if added not in known.splitlines(keepends=True):
            added = added if not known or known.endswith(b"\n") else b"\n" + added
            if file.write(added) != len(added):
                os.ftruncate(file.fileno(), len(known))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())


def _lock(file: IO[bytes]) -> None:
    """Keep others from writing until the file is closed; on Windows, which has no such lock, two may meet."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)
