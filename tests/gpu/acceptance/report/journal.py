"""Keeps the report: a file of JSON lines, written as it goes, so that whoever is cut short leaves what was found.

No line holds a name of the machine or of its user, nor a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from flopsbench.host.privacy import finder, telling_names, without_places

Verdict = Literal["confirmed", "instead", "not reached"]
Ending = Literal["done", "failed", "hung", "not begun"]
HELD_BACK = "(held back: it names this machine)"


def verdict_of(as_guessed: bool) -> Verdict:
    """What is said of a guess that was looked at."""
    return "confirmed" if as_guessed else "instead"


class Begun(msgspec.Struct, frozen=True, tag=True):
    """A part has begun, on a machine with these versions; on fakes where it is ``rehearsed``."""

    part: str
    at: str
    versions: dict[str, str]
    rehearsed: bool = False


class Finding(msgspec.Struct, frozen=True, tag=True):
    """What was seen of one guess; ``subject`` is the backend, dtype or shape that it was seen of."""

    guess: str
    verdict: Verdict
    seen: str
    subject: str = ""
    figures: dict[str, float] = {}


class Stepped(msgspec.Struct, frozen=True, tag=True):
    """How a step ended, and after how many seconds."""

    step: str
    ending: Ending
    seconds: float
    reason: str = ""


class Over(msgspec.Struct, frozen=True, tag=True):
    """A part is over: each of its steps has had its turn."""

    part: str
    seconds: float


Line = Begun | Finding | Stepped | Over
_ENCODER, _DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Line)


def note(path: Path, line: Line) -> None:
    """Append a line, whole, as several processes write to the file; it begins anew where another was cut off."""
    with path.open("ab", buffering=0) as file:
        file.write(b"\n" + _ENCODER.encode(_scrubbed(msgspec.to_builtins(line))) + b"\n")


def lines(path: Path) -> Iterator[Line]:
    """Every line of a report; what was cut off in the middle of a line is passed over."""
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            yield _DECODER.decode(line)
        except msgspec.DecodeError:
            continue


def _scrubbed(value: Any) -> Any:
    """The same value without paths and names in its texts."""
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    text = without_places(value)
    return HELD_BACK if _names_somebody(text) else text


def _names_somebody(text: str) -> bool:
    return _finder()(text) is not None


@cache
def _finder() -> Any:
    return finder(telling_names())
