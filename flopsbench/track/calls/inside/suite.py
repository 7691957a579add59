"""Runs a project's tests in the process of one side, so that what they measure is measured there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest

from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Status
from flopsbench.text import first_line
from flopsbench.track.calls.inside.benchmark import BenchmarkStandIn
from flopsbench.track.calls.inside.meter import CallMeter
from flopsbench.track.calls.messages import CallLost, CallsRefused
from flopsbench.track.defaults import SUITE_PLUGIN
from flopsbench.words.reason import Reason

FIXTURES = {"flops", "benchmark"}
# What would move the tests to other processes, change their order between two commits, or trace every line of them.
AGAINST = {"xdist": ["-n", "0"], "pytest_randomly": ["-p", "no:randomly"], "pytest_cov": ["--no-cov"]}
UNHARMED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def run_suite(arguments: Sequence[str], meter: CallMeter) -> set[str]:
    """Run the tests that measure something, and return their files; what keeps pytest from it is told."""
    against = [option for name, options in AGAINST.items() if find_spec(name) for option in options]
    session = MeteredSession(meter)
    code = pytest.main([*arguments, *against, "-q"], plugins=[session])
    if code not in UNHARMED:
        told = session.trouble or Reason("pytest_ended", code=int(code))
        fields = sentence_fields(message=told)
        meter.emit(CallsRefused(**fields))
    return session.files


@dataclass
class MeteredSession:
    """A MeteredSession is a plugin of pytest that leaves the measuring of one session to a meter.

    ``files`` are those of its tests, ``trouble`` is what the first file says that cannot be collected.
    """

    meter: CallMeter
    files: set[str] = field(default_factory=set)
    trouble: str = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Put a fixture beside that of pytest-benchmark, now that this is known: of two the later one counts."""
        session.config.pluginmanager.register(BenchmarkFixture(self.meter))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Keep the tests that measure something, and of these the ones asked for in the order asked for."""
        self.files = {str(item.path) for item in items}
        plugin: Any = session.config.pluginmanager.get_plugin(SUITE_PLUGIN)
        plugin.meter = self.meter
        known = {item.nodeid: item for item in items if FIXTURES & set(getattr(item, "fixturenames", ()))}
        wanted = known if self.meter.asked.only is None else self.meter.asked.tests
        items[:] = [known[test] for test in wanted if test in known]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why a file cannot be collected."""
        if report.failed and not self.trouble:
            self.trouble = f"{report.nodeid}: {_told(report)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say why a test has failed or was skipped."""
        if report.outcome != "passed":
            status: Status = "failed" if report.failed else "skipped"
            self.meter.emit(CallLost(report.nodeid, status, _told(report)))


@dataclass
class BenchmarkFixture:
    """A BenchmarkFixture is a plugin of pytest that has the fixture of pytest-benchmark."""

    meter: CallMeter

    @pytest.fixture
    def benchmark(self, request: pytest.FixtureRequest) -> Iterator[BenchmarkStandIn]:
        """Measure as the fixture of pytest-benchmark is asked to."""
        test = request.node.nodeid
        beside = "flops" in request.fixturenames  # which has the test's own name
        stand_in = BenchmarkStandIn(self.meter, f"{test} benchmark" if beside else test, test)
        yield stand_in
        stand_in.close()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the stand-in out of sight meanwhile: pytest-benchmark refuses any fixture of this name but its own."""
        arguments: dict[str, object] = getattr(item, "funcargs", {})
        held = arguments.pop("benchmark", None)
        try:
            return (yield)
        finally:
            if held is not None:
                arguments["benchmark"] = held


def _told(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Return what a report says in one line: what was raised, or why the test was skipped."""
    longrepr: Any = report.longrepr
    if isinstance(longrepr, tuple):
        return first_line(str(longrepr[2]))
    crash = getattr(longrepr, "reprcrash", None)
    lines = [line for line in str(longrepr).splitlines() if line.strip()]
    return first_line(crash.message) if crash else first_line(lines[-1].removeprefix("E").strip()) if lines else ""
