"""Clocks: what is counted to a block, what is not, and that nothing ends before its launches have."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace

import pytest

from flopsbench.clocks import HostClock, TorchEventClock


def nothing() -> None: ...


def test_a_block_is_its_launches_and_all_of_them() -> None:
    launched: list[int] = []
    elapsed = HostClock().time(lambda: launched.append(1), 5)
    assert len(launched) == 5
    assert elapsed.seconds > 0
    assert elapsed.host_seconds is None  # it is the host's


def test_the_wait_for_a_device_is_part_of_the_block_and_comes_before_its_clock_is_read() -> None:
    """Calls only enqueue; the work happens in sync. Without the wait the launch would seem to take no time."""
    enqueued: list[int] = []
    done: list[int] = []

    def sync() -> None:
        while enqueued:
            time.sleep(0.0002)
            done.append(enqueued.pop())

    elapsed = HostClock(sync).time(lambda: enqueued.append(1), 5)
    assert elapsed.seconds >= 5 * 0.0002
    assert len(done) == 5


def test_work_enqueued_before_the_block_is_not_counted_to_it() -> None:
    waits = [0.2]

    def sync() -> None:
        if waits:
            time.sleep(waits.pop())

    assert HostClock(sync).time(nothing, 1).seconds < 0.2


class Event:
    """An event of torch, which notes when it is recorded; a second of the device passes with each launch."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def record(self, stream: str) -> None:
        self.launches = self.log.count("launch")
        self.log.append(f"record on {stream}")

    def elapsed_time(self, end: Event) -> float:
        return 1e3 * (end.launches - self.launches)


def test_torchs_events_lie_between_waits_for_the_whole_gpu_and_on_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A launch may change the current stream: the host's seconds then hold what the events did not see."""
    log: list[str] = []
    streams = ["third", "first"]
    torch = ModuleType("torch")
    torch.cuda = SimpleNamespace(  # type: ignore[attr-defined]  # the stand-in has it
        device=lambda index: nullcontext(),
        current_stream=lambda: streams[-1],
        Event=lambda enable_timing: Event(log),
        synchronize=lambda index: log.append(f"wait for {index}"),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)

    def launch() -> None:
        log.append("launch")
        streams.pop()

    elapsed = TorchEventClock(2).time(launch, 2)
    assert log == ["wait for 2", "record on first", "launch", "launch", "record on first", "wait for 2"]
    assert elapsed.seconds == 2.0
    assert 0 < (elapsed.host_seconds or 0) < 1
