"""Finds the calls of a project on both sides, and keeps what their pairs of processes came to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain

from flopsbench.errors import NothingMeasurable, UsageError
from flopsbench.result.said import as_reason, sentence_fields
from flopsbench.result.types import Process
from flopsbench.track.ab.ab import refuse_same
from flopsbench.track.ab.cases import process_difference
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.messages import Asked, CallFound, CallLost
from flopsbench.track.calls.pair import HalfOfPair
from flopsbench.track.calls.process import SideOfPair, started
from flopsbench.track.calls.target import CallTarget
from flopsbench.words.reason import Reason

MOST_DEADLY = 20  # tests that may end a process each before the side is given up


@dataclass(slots=True)
class SideOfCall:
    """A SideOfCall is a call as one side has it: what it is, the blocks of each process, and why it gave none.

    ``found`` is None on a side that lacks it.
    """

    found: CallFound | None = None
    processes: list[Process] = field(default_factory=list)
    lost: CallLost | None = None

    @property
    def reason(self) -> str:
        """Return why it gave no rate, in both languages where that is known so."""
        return as_reason(self.lost.reason, self.lost.reason_said) if self.lost else ""


@dataclass(slots=True)
class CallPairs:
    """CallPairs are the pairs of processes that measured one call, and ln(B/A) of each."""

    name: str
    base: SideOfCall = field(default_factory=SideOfCall)
    new: SideOfCall = field(default_factory=SideOfCall)
    values: list[float] = field(default_factory=list)
    second_look: list[float] = field(default_factory=list)

    @property
    def is_one_work(self) -> bool:
        """Return whether both sides have the call, with the same work."""
        here, there = self.base.found, self.new.found
        return bool(here and there and here.work == there.work)

    @property
    def alive(self) -> bool:
        """Return whether it can be measured on both sides, as far as is known."""
        return self.is_one_work and not (self.base.lost or self.new.lost)

    @property
    def test(self) -> str:
        """Return the test that it belongs to."""
        found = self.new.found or self.base.found
        return found.test if found else self.name

    def take(self, halves: tuple[HalfOfPair, HalfOfPair], again: bool) -> None:
        """Keep what a pair came to, in the second look where it is measured ``again``."""
        for side, half in zip((self.base, self.new), halves, strict=True):
            side.lost = half.lost.get(self.test) or half.lost.get(self.name)
        blocks = [half.timed.get(self.name) for half in halves]
        if self.base.lost or self.new.lost or blocks[0] is None or blocks[1] is None:
            return
        self.base.processes.append(blocks[0])
        self.new.processes.append(blocks[1])
        (self.second_look if again else self.values).append(process_difference(blocks[0], blocks[1]))


def looked_at(side: Side, target: CallTarget) -> SideOfPair:
    """Return what a side has, each call made once; a test that ends the process is lost, and the others go on.

    Raise UsageError where the side runs the code of another place, or ends before any test.
    """
    deadly: dict[str, CallLost] = {}
    while True:
        with ExitStack() as stack:
            one = SideOfPair(side, stack.enter_context(started(side, Asked(target, "look", deadly=list(deadly)))))
            one.hear()
        if one.is_complete or one.under_way is None or len(deadly) == MOST_DEADLY:
            break
        reason = sentence_fields(reason=one.last_words())
        deadly[one.under_way] = CallLost(one.under_way, "failed", **reason)
    if not one.is_complete:
        raise UsageError(Reason("side_process_ended", side=side.name, last_words=one.last_words()))
    if one.seen and one.seen.code.elsewhere:
        raise UsageError(Reason("side_runs_checkout", side=side.name, file=one.seen.code.elsewhere[0]))
    one.lost |= deadly
    return one


def refuse_refused(side: SideOfPair) -> None:
    """Raise UsageError where the code of a side could not be run at all."""
    if side.refused is not None:
        raise UsageError(Reason("side_refused_calls", side=side.side.name, why=side.refused))


def refuse_absent(base: SideOfPair, new: SideOfPair | None = None) -> None:
    """Raise UsageError where a file, folder or test that was asked for is on no side."""
    for path in base.absent:
        if new is None or path in new.absent:
            raise UsageError(Reason("place_of_tests_absent", path=path))


def calls_of(side: SideOfPair, title: str) -> dict[str, SideOfCall]:
    """Return every call of one side by its name; raise NothingMeasurable where it has none."""
    names = [*side.found, *_without_call(side)]
    if not names:
        raise NothingMeasurable(Reason("no_calls_found", title=title))
    return {name: _side(name, side, side) for name in names}


def calls_of_sides(base: SideOfPair, new: SideOfPair, title: str) -> list[CallPairs]:
    """Return every call that a side has, in the order of the new one, set beside that of the other side.

    Where the new side could not be run at all, each of its calls has failed. Raise NothingMeasurable where neither side
    has one.
    """
    if new.refused is not None:
        tests = dict.fromkeys(call.test for call in base.found.values())
        new.lost |= {test: CallLost(test, "failed", **sentence_fields(reason=new.refused)) for test in tests}
    calls = [
        CallPairs(name, _side(name, base, new), _side(name, new, base))
        for name in dict.fromkeys(chain(new.found, base.found, _without_call(base), _without_call(new)))
    ]
    if not calls:
        raise NothingMeasurable(Reason("no_calls_found", title=title))
    return calls


def _side(name: str, here: SideOfPair, there: SideOfPair) -> SideOfCall:
    """Return a call as one side has it; of a test that ended before its calls, why."""
    found = here.found.get(name) or there.found.get(name)
    return SideOfCall(here.found.get(name), lost=here.lost.get(found.test if found else name))


def _without_call(side: SideOfPair) -> Iterator[str]:
    """Yield the tests of a side that ended before they came to a call."""
    known = {call.test for call in side.found.values()}
    return (test for test in side.lost if test not in known)


def refuse_same_code(base: SideOfPair, new: SideOfPair) -> None:
    """Raise UsageError where both sides are commits and ran the very same code, none of it the project's."""
    if base.seen and new.seen and base.side.places.own and new.side.places.own:
        refuse_same((base.seen.code, base.seen.software), (new.seen.code, new.seen.software))
