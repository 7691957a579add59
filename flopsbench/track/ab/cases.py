"""The cases of two sides set beside each other, and what their pairs of processes came to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from flopsbench.errors import UsageError
from flopsbench.result.types import Case
from flopsbench.runs.gather import Observed
from flopsbench.track.ab.pair import Side
from flopsbench.track.ab.side import Arm


@dataclass(slots=True)
class Match:
    """One case on both sides: what each process came to, and ln(B/A) of each pair; a side without it is None."""

    name: str
    a: Side | None
    b: Side | None
    base: list[Case] = field(default_factory=list)
    new: list[Case] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    second_look: list[float] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """Whether both sides have it, and have given a rate each time so far."""
        return bool(self.a and self.b) and all(case.status == "ok" for case in (*self.base, *self.new))


def matches(a: Arm, base: Observed, b: Arm, new: Observed) -> Iterator[Match]:
    """The cases of both sides set beside each other; where the sides differ in backend or kernel, by all the rest."""
    by_rest = (a.options.backends, a.options.kernels) != (b.options.backends, b.options.kernels)
    of_a, of_b = _by_name(a, base, by_rest), _by_name(b, new, by_rest)
    for name in dict.fromkeys([*of_a, *of_b]):
        yield Match(name, of_a.get(name), of_b.get(name))


def _by_name(arm: Arm, observed: Observed, by_rest: bool) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    for id, case in observed.planned.items():
        name = f"{case.device} {case.op}/{case.dtype}/{case.m}x{case.n}x{case.k}/{case.layout}" if by_rest else id
        if name in sides:
            raise UsageError(f"{arm.name}: several kernels run {name}; name one with backend= and kernel=")
        sides[name] = Side(arm, case, id)
    return sides


def pair_difference(base: Case, new: Case) -> float:
    """ln(new/base) of one pair of processes: the median over the rounds, in each of which both had a block."""
    rounds = zip(_rates(base), _rates(new), strict=False)
    return median(math.log(rate_new / rate_base) for rate_base, rate_new in rounds)


def _rates(case: Case) -> Iterator[float]:
    (process,) = case.processes
    for seconds in process.block_s:
        yield case.flop_per_launch * process.loops / seconds
