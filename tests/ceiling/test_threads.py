"""Threads of a sample: the sum of their own rates while all are at work, and binding them to cores."""

from __future__ import annotations

import os
from itertools import chain

import pytest

from flopsbench.ceiling.compute import balanced, kind_clocks_hz
from flopsbench.ceiling.threads import Span, rate_together, run_together


def test_the_rate_is_the_sum_of_what_each_core_does() -> None:
    """Eight fast cores do 1.5 a second each, eight slow ones 0.5: not sixteen times the slowest."""
    spans = [Span(0.0, 2 / 3)] * 8 + [Span(0.0, 2.0)] * 8
    assert rate_together(spans, [1.0] * 16) == pytest.approx(16)


def test_threads_one_after_the_other_had_one_core() -> None:
    assert rate_together([Span(0.0, 1.0), Span(1.0, 2.0)], [1.0, 1.0]) == 1.0
    assert rate_together([Span(0.0, 1.0), Span(0.2, 1.2)], [1.0, 1.0]) == pytest.approx(2 / 1.2)


def test_a_staggered_start_costs_nothing() -> None:
    assert rate_together([Span(0.0, 1.0), Span(0.01, 1.01)], [1.0, 1.0]) == pytest.approx(2.0)


KINDS = ((0, 1), (2, 3, 4))
SPEED = (3.0, 3.0, 1.0, 1.0, 1.0)


def test_kinds_of_core_come_to_end_together() -> None:
    """A slow core is faster while the fast ones rest; after two samples all end at once."""

    def sample(iterations: list[int]) -> list[Span]:
        ends = [count / speed for count, speed in zip(iterations, SPEED, strict=True)]
        alone = [max(0.0, end - min(ends)) for end in ends]  # a tenth faster meanwhile
        return [Span(0.0, end - 0.1 * spare) for end, spare in zip(ends, alone, strict=True)]

    iterations = [3000] * 5
    for _ in range(2):
        iterations = balanced(sample(iterations), iterations, KINDS, 1000.0)
    assert iterations == pytest.approx([3000, 3000, 1000, 1000, 1000], rel=0.01)
    assert rate_together(sample(iterations), iterations) == pytest.approx(sum(SPEED), rel=0.01)


def test_all_cores_of_a_kind_get_the_same_work() -> None:
    spans = [Span(0.0, 1.0), Span(0.0, 1.2), *[Span(0.0, 3.0)] * 2, Span(0.0, 30.0)]  # one was disturbed
    even = balanced(spans, [30] * 5, KINDS, 1.0)
    assert even[0] == even[1]
    assert even[2:] == [10, 10, 10]


def test_each_kind_has_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [Span(0.0, 1.0), Span(0.0, 1.0), Span(0.0, 2.0), Span(0.0, 2.0), Span(0.0, 9.0)]
    bound: list[int] = []
    monkeypatch.setattr("flopsbench.ceiling.compute._chain", lambda: (None, 100))
    monkeypatch.setattr(
        "flopsbench.ceiling.compute.run_together", lambda work, threads, cpus: (bound.extend(cpus), spans)[1]
    )
    fast, slow = kind_clocks_hz(KINDS)
    assert fast == 2 * slow
    assert bound == list(chain.from_iterable(KINDS))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_a_thread_runs_on_its_cpu_and_no_other_thread_is_bound() -> None:
    before = os.sched_getaffinity(0)
    cpu, seen = max(before), []
    run_together(lambda index: seen.append(os.sched_getaffinity(0)), 2, [cpu, cpu])
    assert seen == [{cpu}, {cpu}]
    assert os.sched_getaffinity(0) == before


def test_a_cpu_that_is_not_there_ends_nothing() -> None:
    assert len(run_together(lambda index: None, 1, [1 << 14])) == 1
