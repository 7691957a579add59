"""Sets the cases of the two sides of an A/B beside each other, and keeps what their pairs of processes came to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from flopsbench.errors import UsageError
from flopsbench.result.keys import problem_id
from flopsbench.result.types import Case, Process
from flopsbench.runs.gather import Observed
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.sign_flip import location
from flopsbench.track.ab.turns import SideCase
from flopsbench.words.reason import Reason

# Reasons of a failed row that say no more than that its times are not believed.
DISTURBED = ("blocks_too_short", "clock_disagrees", "went_on")


@dataclass(slots=True)
class CasePairs:
    """CasePairs are the pairs of processes that measured one case: what each process came to, and their differences.

    ``a`` and ``b`` are the case on either side, None on a side that lacks it. ``base`` and ``new`` hold the case as
    each process reported it. ``values`` holds ln(B/A) of each pair, ``second_look`` likewise of the pairs that measured
    a suspected regression again.
    """

    name: str
    a: SideCase | None
    b: SideCase | None
    base: list[Case] = field(default_factory=list)
    new: list[Case] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    second_look: list[float] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """Return whether both sides have the case, and nothing is known by which it cannot give a rate."""
        return bool(self.a and self.b) and all(
            case.status == "ok" or was_disturbed(case) for case in (*self.base, *self.new)
        )

    @property
    def disturbed(self) -> list[Case]:
        """Return what those processes reported whose pair is set aside."""
        return [case for case in (*self.base, *self.new) if was_disturbed(case)]


def was_disturbed(case: Case) -> bool:
    """Return whether the times of a process are in doubt, as they are where a machine is busy for a while.

    Its pair is set aside, and the others tell. What was computed wrong, or not at all, is another matter.
    """
    return case.status == "failed" and case.reason_said is not None and case.reason_said.code in DISTURBED


def cases_of_sides(a: Side, base: Observed, b: Side, new: Observed) -> Iterator[CasePairs]:
    """Yield every case that a side has, set beside the same case of the other side, no pair measured yet.

    Where the sides differ in backend or kernel, cases are the same that agree in all the rest.
    """
    by_rest = (a.options.backends, a.options.kernels) != (b.options.backends, b.options.kernels)
    of_a, of_b = _by_name(a, base, by_rest), _by_name(b, new, by_rest)
    for name in dict.fromkeys([*of_a, *of_b]):
        yield CasePairs(name, of_a.get(name), of_b.get(name))


def _by_name(side: Side, observed: Observed, by_rest: bool) -> dict[str, SideCase]:
    """Return the cases of a side by the names they are matched by; raise UsageError where two have one name."""
    cases: dict[str, SideCase] = {}
    for id, case in observed.planned.items():
        name = problem_id(case) if by_rest else id
        if name in cases:
            raise UsageError(Reason("several_kernels", side=side.name, name=name))
        cases[name] = SideCase(side, case, id)
    return cases


def pair_difference(base: Case, new: Case) -> float:
    """Return ln(new/base) of the rates of one pair of processes, each the only one of its case."""
    (before,), (after,) = base.processes, new.processes
    return process_difference(before, after) + math.log(new.flop_per_launch / base.flop_per_launch)


def process_difference(base: Process, new: Process) -> float:
    """Return ln(new/base) of launches per second: where the rounds lie, in each of which both had a block.

    Their last blocks are of one round: where one has fewer, it began again. A round that was disturbed has no weight;
    of the others their mean counts, not their median: where a few of many launches are slow, the blocks that hold one
    more of these differ from the rest, and a median jumps between the two kinds.
    """
    rounds = zip(base.block_s[::-1], new.block_s[::-1], strict=False)
    return location([math.log(before / base.loops) - math.log(after / new.loops) for before, after in rounds])
