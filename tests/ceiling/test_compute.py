"""Rates and clocks: the arithmetic on fixed spans. How they agree with the table is a benchmark, tests/perf."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from flopsbench.ceiling import compute as cpu_module
from flopsbench.ceiling.compute import CpuCeiling, Loop, clock_hz
from flopsbench.ceiling.instruction import select
from flopsbench.ceiling.target import this_host
from flopsbench.ceiling.threads import Span, iterations_for, run_together
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported


@pytest.fixture
def loop() -> Loop:
    return prepared("fp32")


def prepared(dtype: str, threads: int = 1) -> Loop:
    try:
        return CpuCeiling(threads).prepare(parse_dtype(dtype))
    except Unsupported as reason:
        pytest.skip(str(reason))


@pytest.mark.process
def test_a_loop_carries_the_name_of_its_instruction(loop: Loop) -> None:
    assert loop.instruction == select(parse_dtype("fp32"), this_host()).name
    assert loop.rate_per_s() > 0


@pytest.mark.process
def test_the_rate_counts_from_the_first_start_to_the_last_end(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = prepared("fp32", threads=2)
    one = at_spans(monkeypatch, loop.rate_per_s, Span(0.0, 1.0), Span(0.0, 1.0))
    late = at_spans(monkeypatch, loop.rate_per_s, Span(0.0, 1.0), Span(1.0, 2.0))
    single = at_spans(monkeypatch, loop.rate_per_s, Span(0.0, 1.0))
    assert one == 2 * late == 2 * single


@pytest.mark.process
def test_the_clock_is_the_median_over_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [Span(0.0, 1.0), Span(5.0, 7.0), Span(0.0, 100.0)]
    assert at_spans(monkeypatch, lambda: clock_hz(3), *spans) == at_spans(monkeypatch, lambda: clock_hz(1), spans[1])


def at_spans(monkeypatch: pytest.MonkeyPatch, measure: Callable[[], float], *spans: Span) -> float:
    monkeypatch.setattr(cpu_module, "run_together", lambda work, threads: list(spans))
    return measure()


def wait(met: threading.Barrier) -> None:
    met.wait(60)


def test_threads_work_at_the_same_time() -> None:
    met = threading.Barrier(4)  # the four wait in it until all of them are there: however late a busy core runs one
    spans = run_together(lambda index: wait(met), 4)
    assert max(span.start for span in spans) <= min(span.end for span in spans)


def test_each_thread_gets_its_own_index() -> None:
    seen: list[int] = []
    run_together(seen.append, 4)
    assert sorted(seen) == [0, 1, 2, 3]


def fail(index: int) -> None:
    raise ZeroDivisionError


def test_what_goes_wrong_on_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run_together(fail, 2)


def test_iterations_are_scaled_to_the_time_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def work(iterations: int) -> None:
        now[0] += iterations * 1e-6

    monkeypatch.setattr("flopsbench.ceiling.threads.perf_counter", lambda: now[0])
    assert iterations_for(work, 0.05) == pytest.approx(50_000, rel=1e-3)
