"""Fails an unmarked test that starts a process, so that ``pytest -m fast`` stays the loop one can work in.

Python tells its audit hooks of each process that is started, but for those that multiprocessing starts by "spawn" and
"forkserver": of these its own functions tell. The guard knows which test is running, and raises where that test
carries none of the markers that say it takes its time. What raises may stand within an ``except Exception`` of the code
under test, so the guard also remembers, and the report of the phase fails.

Fixtures are held to the test that first asks for them: one of a module that starts a process passes when a marked test
comes first. ``pytest -m fast`` alone shows that, and .ci/run runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from functools import wraps
from multiprocessing import process, util
from typing import Any

import pytest

SLOW_MARKERS = ("process", "clone", "browser", "slow")  # what a fast test carries none of
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"}


class Guard:
    """A Guard knows the test under way and refuses processes that it may not start."""

    def __init__(self) -> None:
        self.test: str | None = None  # the unmarked test under way
        self.violation: str | None = None  # what it did, until a report has told it
        sys.addaudithook(self._heed)
        self._wrap(process.BaseProcess, "start")
        self._wrap(util, "spawnv_passfds")  # starts the servers of multiprocessing, too

    def _heed(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.test is not None and event in STARTS:
            self._refuse(f"{event} {arguments[0] if arguments else ''}")

    def _wrap(self, owner: Any, name: str) -> None:
        """Have a function of multiprocessing ask first."""
        start: Callable[..., object] = getattr(owner, name)

        @wraps(start)
        def asking(*arguments: object, **named: object) -> object:
            if self.test is not None:
                self._refuse(f"multiprocessing's {name}")
            return start(*arguments, **named)

        setattr(owner, name, asking)

    def _refuse(self, what: str) -> None:
        test, self.test = self.test, None  # what tells of the failure may start processes
        self.violation = (
            f"{test} starts a process ({what}): mark it with @pytest.mark.process, or with clone if git or "
            "pip do most of it, browser, or slow; or test the function that needs no process"
        )
        raise AssertionError(self.violation)


guard = Guard()  # one for the process: an audit hook stays


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as fast every test that carries none of the slow markers, before -m chooses."""
    for item in items:
        if not any(map(item.get_closest_marker, SLOW_MARKERS)):
            item.add_marker("fast")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let no fast test start a process, from its fixtures' setup to their end; a session within a test has its own."""
    outer = guard.test, guard.violation
    guard.test, guard.violation = (None if any(map(item.get_closest_marker, SLOW_MARKERS)) else item.nodeid), None
    try:
        return (yield)
    finally:
        guard.test, guard.violation = outer


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the phase in which a process was refused, whoever caught the error."""
    report = yield
    violation, guard.violation = guard.violation, None
    if violation and not report.failed:
        report.outcome, report.longrepr = "failed", violation
        report.__dict__.pop("wasxfail", None)  # no test is expected to fail for this
    return report
