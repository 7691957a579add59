"""Fails an unmarked test that starts a process, so that ``pytest -m fast`` stays the loop one can work in.

Python tells its audit hooks of each process that is started. The hook is told which test is running, and raises where
that test carries none of the markers that say it takes its time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SLOW_MARKERS = ("process", "clone", "browser", "slow")  # what a fast test carries none of
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"}


class Guard:
    """A Guard knows the test under way and refuses processes that it may not start."""

    def __init__(self) -> None:
        self.test: str | None = None  # the unmarked test under way
        sys.addaudithook(self._heed)

    def _heed(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.test is not None and event in STARTS:
            what = arguments[0] if arguments else ""
            test, self.test = self.test, None  # what tells of the failure may start processes
            raise AssertionError(
                f"{test} starts a process ({event} {what}): mark it with @pytest.mark.process, or with clone if git or "
                "pip do most of it, browser, or slow; or test the function that needs no process"
            )

    @contextmanager
    def watching(self, item: pytest.Item) -> Iterator[None]:
        """Watch one phase of a test."""
        self.test = None if any(map(item.get_closest_marker, SLOW_MARKERS)) else item.nodeid
        try:
            yield
        finally:
            self.test = None
