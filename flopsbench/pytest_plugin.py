"""Plugs into pytest: the fixture ``flops`` measures any callable and holds its rate against a baseline.

    def test_matmul(flops):
        a, b = operands(2048)
        flops(lambda: a @ b, flop=2 * 2048**3, dtype="fp32")

pytest loads this module in every session of every project of the environment: nothing heavy is imported before a test
calls the fixture or an option asks for the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from flopsbench.errors import FlopsbenchError, UsageError

if TYPE_CHECKING:
    from flopsbench.render.terminal.suite import Line
    from flopsbench.result.types import Rate
    from flopsbench.track.suite.callable import CallRequest, Measurement
    from flopsbench.track.suite.gate import Gate
    from flopsbench.track.suite.session import Selection, Suite, SuiteRow

DEFAULT_TIME_S = 3.0
LONGEST_TIME_S = 3600.0
NOT_IN_PARALLEL = "flops does not time in parallel: run with -n 0 or -p no:xdist"
NAME = "flops-session"  # of the plugin object that keeps what a session finds
FINISHED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)  # not interrupted

# Measures a request instead of this session, given the name of the measurement and its test.
Meter = Callable[["CallRequest", str, str], "Measurement"]

ROWS = pytest.StashKey["dict[str, SuiteRow]"]()  # the measurements of a test


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of them beginning with --flops."""
    group = parser.getgroup("flops", "rates of callables in FLOP/s (flopsbench)")
    group.addoption(
        "--flops-time",
        type=float,
        default=DEFAULT_TIME_S,
        metavar="SECONDS",
        help="about how long each measurement may take (default: %(default)g); ten blocks of 0.1 s are always taken",
    )
    group.addoption(
        "--flops-disable", action="store_true", help="call each function once and measure nothing: its rate is None"
    )
    group.addoption(
        "--flops-save",
        metavar="FILE",
        help="write the rates of the tests that passed: a baseline; if there is one of this machine, it keeps its "
        "rates of the other tests",
    )
    group.addoption("--flops-baseline", metavar="FILE", help="hold the rates against a baseline")
    group.addoption(
        "--flops-margin",
        metavar="SHARE",
        help="how much slower is a regression, such as 2%% or 0.02 (default: 10%%: one process can differ by that from "
        "a file of another day with no change in the code)",
    )
    group.addoption(
        "--flops-fail-on",
        metavar="VERDICT,..",
        help="what fails: regression, missing (a test not in the baseline, or in it and without a rate), inconclusive; "
        "none (default: regression)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what makes no sense before a test is run, and keep what the session will find."""
    option = config.option
    if not 0 < option.flops_time <= LONGEST_TIME_S:
        from flopsbench import units

        raise pytest.UsageError(
            f"--flops-time {units.general(option.flops_time)}: write seconds above 0, at most "
            f"{units.general(LONGEST_TIME_S)}"
        )
    asked = [f"--flops-{name}" for name in ("baseline", "save") if getattr(option, f"flops_{name}") is not None]
    if asked and option.flops_disable:
        raise pytest.UsageError(f"--flops-disable measures nothing, which leaves nothing for {asked[0]}")
    if asked and _workers(config):
        raise pytest.UsageError(f"{asked[0]} with workers of pytest-xdist: {NOT_IN_PARALLEL}")
    config.pluginmanager.register(Session(config, _gate(config)), NAME)


def _workers(config: pytest.Config) -> int:
    """Return how many processes pytest-xdist runs the tests in, 0 without it; in the controller or in a worker."""
    if "workerinput" in vars(config):
        return int(vars(config)["workerinput"]["workercount"])
    if config.getoption("dist", "no") == "no":
        return 0
    counts = (spec.partition("*")[0] for spec in config.getoption("tx", None) or ())
    return sum(int(count) if count.isdigit() else 1 for count in counts)


def _gate(config: pytest.Config) -> Gate | None:
    """Return the gate the options ask for, None where they ask for none; refuse a file that cannot be written."""
    save = config.option.flops_save
    options = [config.getoption(f"flops_{name}") for name in ("baseline", "margin", "fail_on")]
    if [save, *options] == [None] * 4:
        return None
    from flopsbench.result.files import refuse_unwritable
    from flopsbench.track.suite.gate import parse_gate

    try:
        if save is not None:
            refuse_unwritable("--save", save, folders=True)
        gate = parse_gate(*options)
    except FlopsbenchError as error:
        told = str(error)  # the command line's own parsers name its options: ours are the same after "--flops-"
        raise pytest.UsageError(f"--flops-{told[2:]}" if told.startswith("--") else told) from None
    idle = [option for option in ("margin", "fail-on") if config.getoption(f"flops_{option.replace('-', '_')}")]
    if gate is None and idle:
        raise pytest.UsageError(
            f"--flops-{idle[0]} without --flops-baseline: there is nothing to hold the rates against"
        )
    return gate


@pytest.fixture
def flops(request: pytest.FixtureRequest) -> Flops:
    """Measure a callable in FLOP/s: flops(lambda: a @ b, flop=2*m*n*k, dtype="fp32")."""
    __tracebackhide__ = True
    session: Any = request.config.pluginmanager.get_plugin(NAME)
    if _workers(request.config) > 1 and not session.disabled:
        pytest.skip(NOT_IN_PARALLEL)
    return Flops(request, session)


class Flops:
    """A Flops is the value of the fixture ``flops``: call it with something to measure."""

    def __init__(self, request: pytest.FixtureRequest, session: Session) -> None:
        self._request = request
        self._session = session
        self._rows: dict[str, SuiteRow] = {}  # a new one each time: a test may be run again
        request.node.stash[ROWS] = self._rows
        self._names: set[str | None] = set()

    def __call__(
        self,
        fn: Callable[[], object],
        *,
        flop: float | None = None,
        bytes: float | None = None,
        sync: Callable[[], object] | None = None,
        dtype: str | None = None,
        name: str | None = None,
    ) -> Measurement:
        """Measure ``fn()``, which does ``flop`` operations per call; raise UsageError for arguments without sense.

        Where memory is what limits it, say the ``bytes`` it moves instead; without either its time is measured.
        ``sync`` waits for a device and is called at the end of each block before the clock is read
        (torch.cuda.synchronize). ``dtype`` ("fp32") has the CPU's ceiling for it measured around the blocks, unless
        there is a ``sync``. ``name`` tells several measurements of one test apart. The rate is in FLOP/s (OP/s for
        int8), B/s or calls per second, None with --flops-disable.
        """
        __tracebackhide__ = True
        from flopsbench.track.suite.callable import parse_request

        try:
            return self._measured(parse_request(fn, flop, sync, dtype, bytes), name)
        except BaseException as error:
            error.with_traceback(_of_the_test(error.__traceback__))
            raise

    def _measured(self, asked: CallRequest, name: str | None) -> Measurement:
        """Measure a callable, hold its rate against the baseline, and keep the row."""
        from flopsbench.track.suite.callable import Measurement, measure
        from flopsbench.track.suite.session import measurement_key

        self._claim(name)
        if self._session.meter:
            test = self._request.node.nodeid
            return self._session.meter(asked, measurement_key(test, name), test)
        if self._session.disabled:
            asked.fn()
            return Measurement(asked.work.count, asked.work.unit)
        test = measurement_key(self._request.node.nodeid, name)
        measured, row = self._session.suite.measure_and_judge(test, name, lambda: measure(asked, self._session.time_s))
        self._rows[test] = row
        if measured.rate:
            self._tell_benchmark(asked.work.count, measured.rate, name)
        return measured

    def _claim(self, name: str | None) -> None:
        """Raise UsageError for a name that is no printable text, or that the test has used already."""
        if name is not None and not (isinstance(name, str) and name.strip() and name.isprintable()):
            raise UsageError(f"name={name!r}: a name is printable text, such as 'backward'")
        if name in self._names:
            called = f"with name={name!r}" if name else "without a name"
            raise UsageError(f"flops was called twice {called} in one test: give each its own, name='backward'")
        self._names.add(name)

    def _tell_benchmark(self, flop: int, rate: Rate, name: str | None) -> None:
        """Put the figures where pytest-benchmark stores them, if the test uses its fixture too."""
        if "benchmark" not in self._request.fixturenames:
            return
        extra_info = getattr(self._request.getfixturevalue("benchmark"), "extra_info", None)
        if isinstance(extra_info, dict):
            figures = {"flop": flop, "median_per_s": rate.median, "low_per_s": rate.low, "high_per_s": rate.high}
            extra_info[f"flops {name}" if name else "flops"] = figures


def _of_the_test(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of flopsbench, which are many between a test and what it measures."""
    steps = []
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] != __package__:
            steps.append(traceback)
        traceback = traceback.tb_next
    shown = None
    for step in reversed(steps):
        shown = TracebackType(shown, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return shown


class Session:
    """A Session keeps what one session of pytest measured, and has the hooks that gather and tell it."""

    def __init__(self, config: pytest.Config, gate: Gate | None) -> None:
        self.time_s: float = config.option.flops_time
        self.disabled: bool = config.option.flops_disable
        self.meter: Meter | None = None  # of whoever runs this session to compare it with another
        self._config = config
        self._gate = gate
        self._suite: Suite | None = None
        self._save: str | None = config.option.flops_save
        self._told: list[Line] = []  # what became of the file, each line with its colour
        self._refused = 0
        self._deselected: set[str] = set()
        self._files: set[str] = set()

    @property
    def suite(self) -> Suite:
        """Return the measured tests, made when the first is asked for."""
        from flopsbench.track.suite.session import Suite

        self._suite = self._suite or Suite(self._gate)
        return self._suite

    def pytest_report_header(self) -> str | None:
        """Return the gate in one line, so that a log says what was checked."""
        if self._gate is None:
            return None
        from flopsbench import units

        fail_on = ", ".join(self._gate.fail_on) or "nothing"
        file = self._config.option.flops_baseline
        return f"flops: baseline {file}, margin {units.percent(self._gate.margin)}, fails on {fail_on}"

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember what -k, -m and the like left out."""
        self._deselected |= {item.nodeid for item in items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember which files were looked into."""
        self._files.add(report.nodeid.partition("::")[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Fail a test that passed but for its rates; all of its measurements are told."""
        outcome = yield
        gate, rows = self._gate, item.stash.get(ROWS, {}).values()
        if gate:
            messages = [gate.message(row.change, row.timing) for row in rows if row.change and gate.fails(row.change)]
            if messages:
                pytest.fail("\n".join(messages), pytrace=False)
        return outcome

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the measurements travel with the report, also out of a worker of pytest-xdist."""
        report = yield
        rows = item.stash.get(ROWS, {})
        if rows and report.when == "call":
            from msgspec import to_builtins

            vars(report)["flops"] = to_builtins(list(rows.values()))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the measurements out of the report, and count the tests that were refused one."""
        self._refused += report.skipped and NOT_IN_PARALLEL in str(report.longrepr)
        if rows := vars(report).get("flops"):
            from msgspec import convert

            from flopsbench.track.suite.session import SuiteRow

            for row in convert(rows, list[SuiteRow]):
                self.suite.take(row, report.passed)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look for tests of the baseline that gave no rate, write the new baseline, and fail where that is asked."""
        if session.exitstatus not in FINISHED or self._config.option.collectonly:
            return
        if self._gate:
            self.suite.close(self._selection(session))
        written = self._write() if self._save else True
        if session.exitstatus != pytest.ExitCode.TESTS_FAILED and (not written or (self._gate and self.suite.fails)):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _selection(self, session: pytest.Session) -> Selection:
        """Return which tests the session was asked for."""
        from flopsbench.track.suite.session import Selection

        config = self._config
        one_test = any("::" in argument for argument in config.args)
        return Selection(
            root=config.rootpath,
            selected={item.nodeid for item in session.items},
            deselected=self._deselected,
            files=self._files,
            folders=[(config.invocation_params.dir / argument).resolve() for argument in config.args],
            narrowed=bool(config.option.keyword or config.option.markexpr or one_test),
        )

    def _write(self) -> bool:
        """Write the baseline and return whether that could be done; either way it is told at the end."""
        from flopsbench.render.terminal.suite import Line, unsure
        from flopsbench.track.suite.baseline import baseline, save

        tests = self.suite.saved()
        self._told += unsure(self.suite)
        if not tests:
            self._told.append(Line(f"No test that passed has a rate to keep: {self._save} is not written.", "red"))
            return False
        file = Path(self._save or "")
        kept = self.suite.kept(file)
        try:
            save(baseline(kept | tests), file)
        except OSError as error:
            self._told.append(Line(f"{self._save} cannot be written: {error.strerror}", "red"))
            return False
        left_out = len(self.suite.rows) - len(self.suite.passed)
        without = f", without {left_out} whose test failed" if left_out else ""
        beside = f", {len(kept)} kept from the file that was there" if kept else ""
        self._told.append(Line(f"Baseline written to {self._save}: {len(tests)} measured{without}{beside}."))
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write a section of its own at the end."""
        if self._suite is None and not self._refused:
            return
        from flopsbench.render.terminal.suite import Line, report

        if self._refused:
            self._told.append(Line(f"{self._refused} skipped: {NOT_IN_PARALLEL}", "yellow"))
        terminalreporter.section("flops")
        for text, colour in report(self.suite, self._told):
            terminalreporter.write_line(text, **({colour: True} if colour else {}))
