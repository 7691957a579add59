"""Measures callables by the rules of a run, with the real clock, and asserts nothing on how long anything takes."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from flopsbench.device import CPU, CUDA
from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.measure.profiles import Rules
from flopsbench.measure.stopping import MIN_BLOCKS, MOST_BLOCKS_KEPT
from flopsbench.problem import Amount
from flopsbench.track.suite import callable as callable_module
from flopsbench.track.suite.callable import A_CALL, Measurement, measure, parse_request

TIME_S = 0.01


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch):
    for name, kind in (("CPU", CPU), ("CUDA", CUDA)):
        monkeypatch.setattr(callable_module, name, replace(kind, block_s=0.0005, warmup_s=0.001))


def nothing() -> None: ...


def measured(fn=nothing, flop=1000, **named) -> Measurement:
    return measure(parse_request(fn, flop, **named), TIME_S)


def test_the_rate_is_the_work_over_the_median_time_of_a_call():
    found = measured()
    assert found.rate is not None
    assert found.seconds is not None
    assert found.seconds.low <= found.seconds.estimate <= found.seconds.high
    assert found.rate.median == pytest.approx(1000 / found.seconds.estimate)
    assert found.rate.low <= found.rate.median <= found.rate.high <= found.best
    assert found.unit == "FLOP/s"


def test_at_least_ten_blocks_are_taken_and_the_reason_to_stop_is_kept():
    found = measured()
    assert MIN_BLOCKS <= found.blocks <= MOST_BLOCKS_KEPT
    assert found.stop_reason


def test_twice_the_work_in_a_call_is_twice_the_rate():
    """The same callable, of which twice the operations are said: only the count differs, not the clock."""
    found = measured(flop=1)
    more = Measurement(2, rate=found.rate)
    assert more.seconds.estimate == pytest.approx(2 * found.seconds.estimate)


def test_a_call_that_waits_is_found_to_take_at_least_that_long():
    assert measured(lambda: time.sleep(0.001)).seconds.low >= 0.001


def test_a_callable_with_a_sync_is_sampled_by_the_rules_of_a_gpu(monkeypatch):
    monkeypatch.setattr(callable_module, "CUDA", replace(CUDA, block_s=0.0001, warmup_s=0.001))
    monkeypatch.setattr(callable_module, "CPU", replace(CPU, block_s=math.nan))
    synced = []
    assert measured(sync=lambda: synced.append(1)).rate
    assert len(synced) > 2 * MIN_BLOCKS


@pytest.mark.slow
def test_a_dtype_has_the_ceiling_measured_around_the_blocks():
    a = np.ones((64, 64), np.float32)
    found = measured(lambda: a @ a, 2 * 64**3, dtype="fp32")
    if found.note:
        pytest.skip(found.note)
    assert 0 < found.of_ceiling.low <= found.of_ceiling.estimate <= found.of_ceiling.high


def test_without_a_dtype_or_with_a_sync_there_is_no_ceiling():
    assert measured().of_ceiling is None
    assert measured(sync=nothing, dtype="fp32").of_ceiling is None


def test_integers_are_counted_in_operations():
    assert measured(dtype="int8", sync=nothing).unit == "OP/s"


def test_a_call_that_cannot_be_made_ten_times_is_refused_with_the_time_it_needs(monkeypatch):
    monkeypatch.setattr("flopsbench.track.suite.callable.RULES", Rules(1, 0.01, 3, case_time_s=0.001))
    with pytest.raises(UsageError, match=r"one call takes 0\.\d+ s, and at least 10 are timed: .* --flops-time \d+"):
        measure(parse_request(lambda: time.sleep(0.02), 1), 0.001)


def test_a_slow_first_call_is_forgiven(monkeypatch):
    """Imports and compilers run in the first call."""
    monkeypatch.setattr("flopsbench.track.suite.callable.RULES", Rules(1, 0.01, 3, case_time_s=0.1))
    naps = [0.5]
    assert measure(parse_request(lambda: time.sleep(naps.pop() if naps else 0), 1), 0.01).rate


def test_what_the_callable_raises_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        measured(lambda: 1 / 0)


@pytest.mark.parametrize("flop", [0, -1, 0.4, math.inf, math.nan, 2**63, "2e9", True, 1j, [1]])
def test_operations_that_are_no_positive_number_are_refused(flop):
    with pytest.raises(UsageError, match="the operations of one call are a positive number"):
        parse_request(nothing, flop)


@pytest.mark.parametrize(("flop", "whole"), [(1, 1), (2.0e9, 2_000_000_000), (2 / 3 * 100**3, 666_667)])
def test_operations_are_kept_whole(flop, whole):
    assert parse_request(nothing, flop).work == Amount(whole, "FLOP/s", 0)
    assert parse_request(nothing, np.int64(7)).work.count == 7
    assert parse_request(nothing, np.float64(7)).work.count == 7


def test_work_is_counted_in_what_was_said_of_it():
    assert parse_request(nothing).work == A_CALL
    assert parse_request(nothing, bytes=64).work == Amount(64, "B/s", 0)
    assert parse_request(nothing, 2, bytes=64).work == Amount(2, "FLOP/s", 0)
    assert parse_request(nothing, 2, dtype="int8").work == Amount(2, "OP/s", 0)
    with pytest.raises(UsageError, match="the bytes that one call moves are a positive number"):
        parse_request(nothing, bytes=0)


def test_without_any_work_a_time_is_measured():
    found = measure(parse_request(nothing), 0.01)
    assert (found.amount, found.unit) == (1, "call/s")
    assert found.seconds.estimate == pytest.approx(1 / found.rate.median)


@pytest.mark.parametrize("fn", [None, 3, np.ones(3)])
def test_what_cannot_be_called_is_refused(fn):
    with pytest.raises(UsageError, match="flops measures something it can call"):
        parse_request(fn, 1)


def test_a_sync_that_was_called_instead_of_passed_is_refused():
    with pytest.raises(UsageError, match=r"torch\.cuda\.synchronize itself, not an object of type int"):
        parse_request(nothing, 1, sync=3)


def test_an_unknown_dtype_is_refused():
    with pytest.raises(FlopsbenchError, match="unknown dtype 'fp5'"):
        parse_request(nothing, 1, dtype="fp5")
