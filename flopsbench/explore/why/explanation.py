"""Defines what an exploration found: of each case how fast it is, what was tested, the cause, and what is left."""

from __future__ import annotations

import msgspec

from flopsbench.dtype import Unit
from flopsbench.explore.why.effect import Effect, Finding
from flopsbench.explore.why.hypothesis import Kind


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Trial is one hypothesis, what became of it, and by how much the case is faster without it.

    ``keep`` is the setting to keep where it is a cause; ``reason`` says why it was not tested, or is in doubt.
    """

    kind: Kind
    claim: str
    keep: str
    finding: Finding
    effect: Effect | None = None
    reason: str | None = None


class Explained(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Explained is one case: its rate as it is, the ``share`` of its ceiling, and what was tested, causes first.

    ``shape`` is where the experiments ran, as ``control`` did, in which nothing is changed. ``together`` is the effect
    of all causes that are settings at once, where there are several. ``unexplained`` is the share of the ceiling that
    is missing still when the causes are mended. All is of the rate in ``unit``; ``verdict`` says it in a sentence.
    """

    case: str
    library: str
    shape: str
    unit: Unit
    verdict: str
    rate_per_s: float | None = None
    share: float | None = None
    control: Effect | None = None
    tested: list[Trial] = []
    together: Effect | None = None
    unexplained: float | None = None

    @property
    def causes(self) -> list[Trial]:
        """Return what is to blame, the main cause first."""
        return [each for each in self.tested if each.finding == "cause"]


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Explanation is what ``flopsbench why`` found on one machine, and the settings it found in force."""

    schema: str
    tool: str
    created: str
    machine: str
    settings: dict[str, str]
    cases: list[Explained]
    interrupted: bool = False
