"""Decides how far a figure may be trusted: self-reported, signed, attested by a CI run, or reproduced by somebody else.

A signature says who measured, never that the figure is true; for that, two unrelated submitters count most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flopsbench.registry.entry import Entry, Trust

NEAR = 1.05  # two rates whose ratio is at most this agree
LEVELS: tuple[Trust, ...] = ("self-reported", "signed", "attested", "reproduced")


@dataclass(frozen=True, slots=True)
class Voice:
    """A Voice is one submitter on one device and board: their median, and the machines it was measured on."""

    handle: str | None
    median: float
    machine_ids: frozenset[str]


def entry_trust(entry: Entry) -> Trust:
    """Return the trust that a Result earns by itself."""
    if entry.attested:
        return "attested"
    return "signed" if entry.signed_by else "self-reported"


def row_trust(median: float, measured: Iterable[tuple[Entry, float]], voices: Sequence[Voice]) -> Trust:
    """Return "reproduced" if two submitters agree, else the most trust of a Result that agrees with the median."""
    if reproduced(voices):
        return "reproduced"
    agreeing = (entry_trust(entry) for entry, rate in measured if _agree(rate, median))
    return max(agreeing, key=LEVELS.index, default="self-reported")


def reproduced(voices: Sequence[Voice]) -> bool:
    """Return whether the medians of two handles that share no machine lie within 5 % of each other."""
    known = sorted((voice for voice in voices if voice.handle and voice.machine_ids), key=lambda voice: voice.median)
    return any(
        first.machine_ids.isdisjoint(second.machine_ids)
        for index, first in enumerate(known)
        for second in _within(known[index + 1 :], first.median)
    )


def _within(rising: Sequence[Voice], median: float) -> Iterable[Voice]:
    """Yield the voices that agree with a median; all of them lie above it, the lowest first."""
    for voice in rising:
        if not _agree(voice.median, median):
            return
        yield voice


def _agree(one: float, other: float) -> bool:
    """Return whether the ratio of two rates is at most NEAR."""
    return max(one, other) <= NEAR * min(one, other)
