"""Suspects the library: another backend computes the same product, without what would hold its own library down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from flopsbench.explore.suspects.variables import narrowing
from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.result.types import Case
from flopsbench.words.reason import Reason


def of_library(subject: Subject, rivals: Iterable[Case]) -> Iterator[Hypothesis]:
    """Yield that the library is the limit, for each of the rivals: the same problem as other backends have it."""
    held = tuple(dict.fromkeys(chain.from_iterable(narrowing(subject))))
    for rival in rivals:
        told = {"rival": rival.backend, "library": subject.slow.library}
        yield Hypothesis(
            kind="library",
            claim=Reason("why_library", **told),
            keep=Reason("why_use_rival", rival=rival.backend, command=f"unset {' '.join(held)}")
            if held
            else Reason("why_use_only_rival", rival=rival.backend),
            unset=held,
            options=subject.options(rival=rival),
        )
