"""Runs a project's tests in the process of one side, so that what they measure is measured there."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Status
from flopsbench.text import first_line
from flopsbench.track.calls.inside.benchmark import BenchmarkStandIn
from flopsbench.track.calls.inside.meter import CallMeter
from flopsbench.track.calls.messages import BegunTest, CallLost, CallsRefused, PathAbsent
from flopsbench.words.reason import Reason

FIXTURES = {"flops", "benchmark"}
RANDOMLY = ["-p", "no:randomly"]  # it would change the order of the tests between two commits
NO_COVERAGE = "--no-cov"  # tracing every line makes all of them slow
UNHARMED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
ABSENT = re.compile(r"(?:file or directory )?not found: (.+)")


def run_suite(arguments: Sequence[str], meter: CallMeter) -> set[str]:
    """Run the tests that measure something, and return their files; what keeps pytest from it is told.

    A file, folder or test that is not there on this side is told, and the rest goes on without it.
    """
    asked, besides = list(arguments), [*RANDOMLY, *([NO_COVERAGE] if find_spec("pytest_cov") else [])]
    while True:
        session = MeteredSession(meter)
        with redirect_stderr(io.StringIO()) as told:
            code = pytest.main([*asked, *besides, "-q"], plugins=[session])
        if code in UNHARMED:
            session.tell_unmeasured()
            return session.files
        if NO_COVERAGE in besides and f"unrecognized arguments: {NO_COVERAGE}" in told.getvalue():
            besides.remove(NO_COVERAGE)  # the plugin is switched off
        elif absent := _absent(asked, told.getvalue()):
            meter.emit(PathAbsent(absent))
            asked.remove(absent)
            if not _places(asked):
                return set()  # pytest would look everywhere
        else:
            reason = session.trouble or _reason(told.getvalue()) or Reason("pytest_ended", code=int(code))
            meter.emit(CallsRefused(**sentence_fields(message=reason)))
            return session.files


def _absent(arguments: Sequence[str], told: str) -> str | None:
    """Return which of the arguments pytest says that it has not found; None where it says so of none."""
    named = [found[1].strip() for found in ABSENT.finditer(told)]
    return next((each for each in arguments if each in named or _absolute(each) in named), None)


def _absolute(argument: str) -> str:
    """Return a test's id with the whole path of its file, as pytest names one that it has not found."""
    file, colons, name = argument.partition("::")
    return f"{Path(file).absolute()}{colons}{name}"


def _places(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that are files, folders or tests which are there."""
    return [each for each in arguments if not each.startswith("-") and Path(each.partition("::")[0]).exists()]


def _reason(told: str) -> str:
    """Return why pytest has not begun, of what it wrote: its own complaint, or what a conftest has raised."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    complaints = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    raised = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    where = [line for line in lines if "while loading conftest" in line]
    errors = [line.partition(" error: ")[2] for line in lines if " error: " in line]
    return first_line((errors or complaints or [" ".join([*where[:1], *raised[:1]])])[0])


@dataclass(eq=False)
class MeteredSession:
    """A MeteredSession is a plugin of pytest that leaves the measuring of one session to a meter.

    ``files`` are those of its tests, ``trouble`` is what the first file says that cannot be collected; ``passed`` are
    the tests that ended well.
    """

    meter: CallMeter
    files: set[str] = field(default_factory=set)
    trouble: str = ""
    passed: list[str] = field(default_factory=list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Keep the tests in this process, whatever pytest-xdist was told."""
        if hasattr(config.option, "numprocesses"):
            config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Put a fixture beside that of pytest-benchmark, now that this is known: of two the later one counts."""
        session.config.pluginmanager.register(BenchmarkFixture(self.meter))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Keep the tests that measure something, and of these the ones asked for in the order asked for."""
        self.files = {str(item.path) for item in items}
        others = (MeteredSession, BenchmarkFixture)
        plugins = (each for each in session.config.pluginmanager.get_plugins() if hasattr(each, "meter"))
        ours: Any = next(each for each in plugins if not isinstance(each, others))
        ours.meter = self.meter
        asked = self.meter.asked
        known = {item.nodeid: item for item in items if FIXTURES & set(getattr(item, "fixturenames", ()))}
        wanted = known if asked.only is None else asked.tests
        items[:] = [known[test] for test in wanted if test in known and test not in asked.deadly]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why a file cannot be collected."""
        if report.failed and not self.trouble:
            self.trouble = f"{report.nodeid}: {_told(report)}"

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which test begins: it may end the process."""
        self.meter.emit(BegunTest(nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say why a test has failed or was skipped."""
        if report.outcome != "passed":
            status: Status = "failed" if report.failed else "skipped"
            self.meter.emit(CallLost(report.nodeid, status, _told(report)))
        elif report.when == "call":
            self.passed.append(report.nodeid)

    def tell_unmeasured(self) -> None:
        """Say which tests have the fixture and never called it."""
        for test in self.passed:
            if test not in self.meter.tests:
                self.meter.emit(CallLost(test, "skipped", **sentence_fields(reason=Reason("fixture_not_called"))))


@dataclass(eq=False)
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
