"""Defines the Hypothesis: one thing that may hold a case down, and the change of a process that would show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flopsbench.result.types import Options
from flopsbench.words.reason import Reason

Kind = Literal["quota", "variable", "threads", "affinity", "huge pages", "size", "shape", "library"]

# What is kept as it is while this machine is set right; the others measure another problem, or another library.
SETTINGS: tuple[Kind, ...] = ("quota", "variable", "threads", "affinity", "huge pages")


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A Hypothesis is a ``claim`` about what holds a case down, and what to ``keep`` where it proves to be so.

    Its processes run without the variables ``unset`` and with those of ``given``, on the logical CPUs of ``cpus`` where
    there are any, and measure what ``options`` ask for where that is not the case itself. A quota has none of these: it
    is not lifted, but given no chance to run out.
    """

    kind: Kind
    claim: Reason
    keep: Reason
    unset: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    cpus: frozenset[int] = frozenset()
    options: Options | None = None

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that its processes run under, made of those of this process."""
        return {name: text for name, text in environ.items() if name not in self.unset} | dict(self.given)


def together(hypotheses: list[Hypothesis]) -> Hypothesis:
    """Return several settings as one hypothesis, that they hold the case down together."""
    given: dict[str, str] = {}
    for each in hypotheses:
        given |= each.given
    return Hypothesis(
        kind="variable",
        claim=Reason("why_together"),
        keep=Reason("why_keep_all"),
        unset=tuple(name for each in hypotheses for name in each.unset),
        given=given,
        cpus=frozenset().union(*(each.cpus for each in hypotheses)),
    )
