"""Checks what a kernel and a clock say of themselves, where they say it: seconds, and the texts of what ran."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

from flopsbench.backend import Kernel, Launcher, Prepared, Work
from flopsbench.clocks import Clock, Elapsed, Launch
from flopsbench.device import Device
from flopsbench.errors import FlopsbenchError
from flopsbench.problem import Problem
from flopsbench.text import hidden, printable, says_something, shortened
from flopsbench.words.reason import Reason

MOST_NOTES = 20
LONGEST_MODE = 80  # characters: of math, and of the format of sums
LONGEST_TEXT = 200  # of library, and of each note
LONGEST_QUOTE = 60
MARKUP = "<"  # what an address in memory begins with, and no document may hold


@dataclass(frozen=True, slots=True)
class CheckedClock:
    """A CheckedClock is another clock whose seconds are positive finite numbers, or an error."""

    clock: Clock

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches; raise FlopsbenchError where the clock tells none."""
        elapsed: object = self.clock.time(launch, loops)
        if not isinstance(elapsed, Elapsed):
            raise FlopsbenchError(Reason("no_seconds", told=quoted(elapsed)))
        host_s = elapsed.host_seconds
        return Elapsed(_seconds(elapsed.seconds), None if host_s is None else _seconds(host_s))


def _seconds(told: object) -> float:
    """Return a time as a float; raise FlopsbenchError for what is no time that can pass."""
    if isinstance(told, Real) and not isinstance(told, bool) and 0 < (seconds := float(told)) < math.inf:
        return seconds
    raise FlopsbenchError(Reason("no_seconds", told=quoted(told)))


def checked(kernel: Kernel) -> Callable[[Problem, Device], Launcher | Prepared | Work]:
    """Return a kernel that raises FlopsbenchError where what it says of itself is no text that a document holds."""

    def prepare(problem: Problem, device: Device) -> Launcher | Prepared | Work:
        brought = kernel(problem, device)
        if isinstance(brought, Prepared):
            _check_claims(brought)
        return brought

    return prepare


def _check_claims(prepared: Prepared) -> None:
    """Raise FlopsbenchError for the first claim that is none."""
    _check_text("library", prepared.library, LONGEST_TEXT)
    _check_text("math", prepared.math, LONGEST_MODE)
    _check_text("accumulate", "" if prepared.accumulate is None else prepared.accumulate, LONGEST_MODE)
    notes: object = prepared.notes
    if not isinstance(notes, tuple):
        raise FlopsbenchError(Reason("notes_no_tuple", told=quoted(notes)))
    if len(notes) > MOST_NOTES:
        raise FlopsbenchError(Reason("too_many_notes", count=len(notes), most=MOST_NOTES))
    for note in notes:
        _check_text("notes", note, LONGEST_TEXT)
        if not says_something(note):
            raise FlopsbenchError(Reason("claim_unfit", claim="notes", told=quoted(note), most=LONGEST_TEXT))


def _check_text(claim: str, told: object, most: int) -> None:
    """Raise FlopsbenchError for what is no text, too long a one, or holds what cannot be printed or hides."""
    if not (isinstance(told, str) and len(told) <= most and not hidden(told) and (not told or says_something(told))):
        raise FlopsbenchError(Reason("claim_unfit", claim=claim, told=quoted(told), most=most))


def quoted(told: object) -> str:
    """Return what a sentence quotes of any object: as Python writes it, short, or its class where it cannot."""
    try:
        text = repr(told[:LONGEST_QUOTE] if isinstance(told, str | tuple | list) else told)
    except BaseException:  # whoever made the object made this, too
        text = MARKUP
    return type(told).__name__ if MARKUP in text else printable(shortened(text, LONGEST_QUOTE))
