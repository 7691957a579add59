"""The meter in the process of one side: it looks, takes turns as it is told, or goes alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from flopsbench.problem import Amount
from flopsbench.runs.messages import ENOUGH, TURN
from flopsbench.track.calls.inside import meter as meters
from flopsbench.track.calls.inside.meter import CallMeter
from flopsbench.track.calls.messages import Asked, CallEvent, CallFound, CallReady, CallTimed, Manner
from flopsbench.track.calls.target import CallTarget
from flopsbench.track.suite.callable import CallRequest

WORK = Amount(1000, "FLOP/s", 0)
NAME = TEST = "tests/test_a.py::test_b"


class Parent:
    """Whoever listens to a meter: it keeps the events, and gives as many turns as it was made for."""

    def __init__(self, turns: int = 0) -> None:
        self.events: list[CallEvent] = []
        self._answers: Iterator[bytes] = chain(repeat(TURN, turns), repeat(ENOUGH))

    def meter(self, manner: Manner, **asked: Any) -> CallMeter:
        return CallMeter(
            Asked(CallTarget("suite", []), manner, **asked), self.events.append, lambda: next(self._answers)
        )


def counted() -> tuple[list[int], CallRequest]:
    calls: list[int] = []
    return calls, CallRequest(lambda: calls.append(1), WORK)


def test_who_looks_calls_once_and_tells_of_the_call() -> None:
    parent, (calls, request) = Parent(), counted()
    measured = parent.meter("look")(request, NAME, TEST)
    assert len(calls) == 1
    assert parent.events == [CallFound(NAME, TEST, WORK)]
    assert measured.rate is not None
    assert measured.amount == 1000


@pytest.mark.parametrize("turns", [1, 3, 5])
def test_a_block_is_taken_in_each_turn(turns: int) -> None:
    parent, (_, request) = Parent(turns), counted()
    parent.meter("turns", order=4)(request, NAME, TEST)
    *ready, timed = parent.events
    assert ready == [CallReady(NAME)] * (turns + 1)
    assert isinstance(timed, CallTimed)
    assert (timed.name, timed.process.order, len(timed.process.block_s)) == (NAME, 4, turns)


def test_who_gets_no_turn_takes_one_block_for_the_test_to_go_on() -> None:
    parent, (_, request) = Parent(), counted()
    assert parent.meter("turns")(request, NAME, TEST).rate is not None
    assert isinstance(parent.events[-1], CallTimed)


def test_a_call_that_nobody_wants_is_made_once_and_not_told() -> None:
    parent, (calls, request) = Parent(), counted()
    assert parent.meter("turns", only=["another"])(request, NAME, TEST).rate is not None
    assert (len(calls), parent.events) == (1, [])


def test_who_goes_alone_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = replace(meters.PROFILES["quick"], case_time_s=0.1)
    monkeypatch.setattr(meters, "PROFILES", {"standard": hurried})
    parent, (_, request) = Parent(), counted()
    parent.meter("alone")(request, NAME, TEST)
    (timed,) = parent.events
    assert isinstance(timed, CallTimed)
    assert len(timed.process.block_s) >= hurried.fewest_blocks
