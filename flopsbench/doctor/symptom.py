"""Defines what one check of the machine saw: how much it matters, why, and the command that would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

Level = Literal["noisy", "note", "unknown", "fine"]
LEVELS: tuple[Level, ...] = get_args(Level)  # the order in which a reader should see them


class Remedy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Remedy makes the machine quieter. ``command`` is for a shell, absent where no command on this machine can help.

    ``effect`` is what then changes, its price included; ``undo`` is the command that goes back, or how.
    """

    effect: str
    command: str | None = None
    undo: str | None = None


class Symptom(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Symptom is what one check saw, with the level at which it matters.

    "noisy": rates move from run to run; "note": they may, or are not what others would measure; "unknown": it cannot
    be read here, and ``saw`` says why; "fine": nothing to do.
    """

    check: str
    title: str
    level: Level
    saw: str
    why: str
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A Check names one property of a machine and why it matters when GEMM is timed; its methods make the Symptoms."""

    name: str
    title: str
    why: str

    def fine(self, saw: str) -> Symptom:
        """Return the Symptom of a machine on which this property needs no change."""
        return self._symptom("fine", saw, None)

    def unknown(self, reason: str, remedy: Remedy | None = None) -> Symptom:
        """Return the Symptom of a machine on which this property cannot be read, with the reason."""
        return self._symptom("unknown", reason, remedy)

    def note(self, saw: str, remedy: Remedy) -> Symptom:
        """Return the Symptom of a machine on which rates may move because of this property."""
        return self._symptom("note", saw, remedy)

    def noisy(self, saw: str, remedy: Remedy) -> Symptom:
        """Return the Symptom of a machine on which rates move from run to run because of this property."""
        return self._symptom("noisy", saw, remedy)

    def _symptom(self, level: Level, saw: str, remedy: Remedy | None) -> Symptom:
        """Return the Symptom of this check at a level."""
        return Symptom(self.name, self.title, level, saw, self.why, remedy)
