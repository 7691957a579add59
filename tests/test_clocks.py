"""Clocks: what is counted to a block, what is not, and that nothing ends before its launches have."""

from __future__ import annotations

import time

from flopsbench.clocks import HostClock


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
