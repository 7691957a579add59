"""The stand-in for pytest-benchmark's fixture: what tests rely on, and the work that they state."""

from __future__ import annotations

from typing import Any

import pytest

from flopsbench.errors import UsageError
from flopsbench.problem import Amount
from flopsbench.track.calls.inside.benchmark import BenchmarkStandIn, SetUpClock
from flopsbench.track.calls.messages import CallFound
from flopsbench.track.suite.callable import A_CALL
from tests.track.calls.inside.test_meter import Parent

NAME = "tests/test_a.py::test_b"


def stand_in(parent: Parent, turns: bool = False) -> BenchmarkStandIn:
    return BenchmarkStandIn(parent.meter("turns" if turns else "look"), NAME, NAME)


def test_it_returns_what_the_function_returns() -> None:
    assert stand_in(Parent())(lambda a, b: a + b, 3, b=4) == 7


@pytest.mark.parametrize(
    ("told", "work"),
    [
        ({}, A_CALL),
        ({"flop": 2e3}, Amount(2000, "FLOP/s", 0)),
        ({"bytes": 64}, Amount(64, "B/s", 0)),
        ({"flop": 2, "bytes": 64}, Amount(2, "FLOP/s", 0)),
    ],
)
def test_the_work_may_be_stated_after_the_call(told: dict[str, Any], work: Amount) -> None:
    parent = Parent()
    benchmark = stand_in(parent)
    benchmark(lambda: None)
    benchmark.extra_info |= told
    benchmark.close()
    assert parent.events == [CallFound(NAME, NAME, work)]


def test_work_that_is_none_fails_the_test() -> None:
    benchmark = stand_in(Parent())
    benchmark(lambda: None)
    benchmark.extra_info["flop"] = "many"
    with pytest.raises(UsageError, match="flop='many'"):
        benchmark.close()


def test_a_test_that_never_calls_it_has_no_call() -> None:
    parent = Parent()
    stand_in(parent).close()
    assert parent.events == []


def test_it_is_called_once() -> None:
    benchmark = stand_in(Parent())
    benchmark(lambda: None)
    with pytest.raises(UsageError, match="called once"):
        benchmark(lambda: None)


def test_each_call_has_what_setup_returned_and_is_torn_down() -> None:
    made: list[int] = []
    used: list[int] = []
    ended: list[int] = []

    def setup() -> tuple[tuple[int], dict[str, int]]:
        made.append(len(made))
        return (made[-1],), {}

    stand_in(Parent(2), turns=True).pedantic(used.append, setup=setup, teardown=ended.append, rounds=5, iterations=1)
    assert used == made
    assert ended == made
    assert len(made) > 2


def test_a_test_can_look_at_its_figures() -> None:
    benchmark = stand_in(Parent())
    benchmark(lambda: None)
    assert benchmark.fullname == NAME
    assert benchmark.stats is not None
    assert 0 < benchmark.stats.stats.min <= benchmark.stats.stats.mean <= benchmark.stats["max"]


def test_setup_is_not_timed() -> None:
    order: list[str] = []
    elapsed = SetUpClock(lambda: order.append("set up")).time(lambda: order.append("launch"), 2)
    assert order == ["set up", "launch"] * 2
    assert elapsed.host_seconds is None
