"""What one check saw: how much it matters, why, and the command that would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

Level = Literal["noisy", "note", "unknown", "fine"]
LEVELS: tuple[Level, ...] = ("noisy", "note", "unknown", "fine")  # what to read first comes first


class Remedy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way to a quieter machine. ``command`` is for a shell, absent where no command on this machine can help.

    ``effect`` is what then changes, its price included; ``undo`` is the command that goes back, or how.
    """

    effect: str
    command: str | None = None
    undo: str | None = None


class Symptom(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check. "noisy": rates move from run to run; "note": they may, or are not what others would measure;
    "unknown": it cannot be read here, and ``saw`` says why; "fine": nothing to do.
    """

    check: str
    title: str
    level: Level
    saw: str
    why: str
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at, and why it matters when GEMM is timed; makes the findings."""

    name: str
    title: str
    why: str

    def fine(self, saw: str) -> Symptom:
        """Nothing to do."""
        return self._finding("fine", saw, None)

    def unknown(self, reason: str, remedy: Remedy | None = None) -> Symptom:
        """It cannot be read here."""
        return self._finding("unknown", reason, remedy)

    def note(self, saw: str, remedy: Remedy) -> Symptom:
        """Worth knowing; rates may move."""
        return self._finding("note", saw, remedy)

    def noisy(self, saw: str, remedy: Remedy) -> Symptom:
        """Rates move from run to run."""
        return self._finding("noisy", saw, remedy)

    def _finding(self, level: Level, saw: str, remedy: Remedy | None) -> Symptom:
        return Symptom(self.name, self.title, level, saw, self.why, remedy)
