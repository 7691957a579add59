"""The pytest plugin in whole sessions of pytest, with and without pytest-benchmark and pytest-xdist.

Verdicts do not hang on this machine's pace: baselines are written in which a call takes next to no time or for ever.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from flopsbench.device import CPU
from flopsbench.track.suite import baseline
from flopsbench.track.suite import callable as callable_module
from flopsbench.track.suite import session as suite_session
from flopsbench.track.suite.baseline import Timing

pytest_plugins = ["pytester"]

MEASURES = """
    def test_measures(flops):
        found = flops(lambda: None, flop=1000)
        assert found.rate.low <= found.rate.median <= found.rate.high
"""
TEST = "test_it.py::test_measures"

FAST = Timing(flop=1000, median_s=1e-12, low_s=1e-12, high_s=1e-12, blocks=10)  # nothing is: a regression for sure
SLOW = Timing(flop=1000, median_s=1e3, low_s=1e3, high_s=1e3, blocks=10)  # an improvement for sure
VAGUE = Timing(flop=1000, median_s=1e-6, low_s=1e-12, high_s=1e3, blocks=10)


@pytest.fixture(autouse=True)
def _project(pytester, monkeypatch):
    """A project as strict as this one; sessions inside this process take blocks too short to mean anything.

    They are no part of the session around them: pytest-benchmark measures nothing in a worker of pytest-xdist.
    """
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = -ra --strict-config --strict-markers")
    monkeypatch.setattr(callable_module, "CPU", replace(CPU, block_s=0.0005, warmup_s=0.001))
    monkeypatch.setattr(suite_session, "LEAST_USE", 1.0)  # however unsure such blocks are


@pytest.fixture
def session(pytester):
    """Run a session on a module, here in this process, in the 80 columns of a plain terminal."""

    def run(*options, module=MEASURES):
        pytester.makepyfile(test_it=module)
        return pytester.runpytest_inprocess("--flops-time=0.01", *options)

    return run


@pytest.fixture
def base(pytester):
    """Write a baseline of this machine."""

    def write(changes=None, **tests):
        named = {TEST.replace("measures", name): timing for name, timing in tests.items()}
        document = msgspec.structs.replace(baseline.baseline(named), **(changes or {}))
        return f"--flops-baseline={baseline.save(document, pytester.path / 'b.json')}"

    return write


@pytest.mark.process
def test_a_callable_is_measured_and_told_in_a_section_of_its_own(session):
    result = session()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["=*= flops =*=", "test * rate * 95 % of blocks*", "test_it.py", "  test_measures *FLOPS * to *"]
    )
    assert "verdict" not in result.stdout.str()


@pytest.mark.process
def test_a_suite_that_does_not_use_it_sees_nothing_of_it(session):
    assert "flops =" not in session(module="def test_a(): pass").stdout.str()


@pytest.mark.process
def test_two_measurements_of_one_test_need_names(session):
    module = """
        def test_two(flops):
            flops(lambda: None, flop=1)
            flops(lambda: None, flop=1, name="backward")
            flops(lambda: None, flop=1)
    """
    result = session(module=module)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UsageError: flops was called twice without a name in one test*name='backward'*"])
    result.stdout.fnmatch_lines(["  test_two *", "  test_two backward *"])


@pytest.mark.process
@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("lambda: None, flop=0", "flop=0: the operations of one call are a positive number"),
        ("None, flop=1", "flops measures something it can call, not None"),
        ("lambda: None, flop=1, sync=3", "sync is called at the end of each block"),
        ("lambda: None, flop=1, dtype='fp5'", "unknown dtype 'fp5'"),
        ("lambda: None, flop=1, name=' '", "name=' ': a name is printable text"),
        ("lambda: None, flop=1, name=3", "name=3: a name is printable text"),
    ],
)
def test_arguments_without_sense_are_refused_in_a_sentence(session, call, told):
    result = session(module=f"def test_a(flops): flops({call})")
    result.assert_outcomes(failed=1)
    assert told in result.stdout.str()


@pytest.mark.process
def test_what_the_callable_raises_is_the_failure(session):
    result = session(module="def test_a(flops): flops(lambda: 1 / 0, flop=1)")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError"])
    result.stdout.no_fnmatch_line("*flopsbench*.py:*")


@pytest.mark.process
def test_a_traceback_ends_in_the_test(session):
    result = session(module="def test_a(flops):\n    flops(lambda: None, flop=0)")
    result.stdout.fnmatch_lines(["test_it.py:2: UsageError"])
    result.stdout.no_fnmatch_line("*flopsbench*.py:*")


@pytest.mark.process
def test_disabled_it_calls_once_and_measures_nothing(session):
    module = """
        def test_a(flops):
            calls = []
            found = flops(lambda: calls.append(1), flop=10)
            assert (found.rate, found.best, found.seconds, found.blocks, len(calls)) == (None, None, None, 0, 1)
    """
    result = session("--flops-disable", module=module)
    result.assert_outcomes(passed=1)
    assert "= flops =" not in result.stdout.str()


# --- the baseline and the gate


@pytest.mark.process
def test_what_was_saved_is_a_baseline(session, pytester):
    saved = session("--flops-save=new/b.json")
    saved.stdout.fnmatch_lines(["Baseline written to new/b.json: 1 measured."])
    kept = baseline.load(pytester.path / "new" / "b.json").tests
    assert list(kept) == [TEST]
    result = session("--flops-baseline=new/b.json", "--flops-margin=50%", "--flops-fail-on=missing")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["flops: baseline new/b.json, margin 50 %, fails on missing", "* change  verdict"])


@pytest.mark.process
def test_a_test_that_failed_is_not_saved(session, pytester):
    module = f"{MEASURES}\n    def test_wrong(flops):\n        flops(lambda: None, flop=10)\n        assert 0\n"
    result = session("--flops-save=b.json", module=module)
    result.stdout.fnmatch_lines(["Baseline written to b.json: 1 measured, without 1 whose test failed."])
    assert list(baseline.load(pytester.path / "b.json").tests) == [TEST]


@pytest.mark.process
def test_a_session_that_measured_nothing_writes_no_baseline_and_fails(session, pytester):
    result = session("--flops-save=b.json", module="def test_a(): pass")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["No test that passed has a rate to keep: b.json is not written."])
    assert not (pytester.path / "b.json").exists()


@pytest.mark.process
def test_a_rate_too_unsure_to_gate_anything_is_not_saved_and_an_older_one_stays(session, base, pytester, monkeypatch):
    """Nothing is sure enough where a baseline has to call whatever is slower."""
    base(measures=FAST)
    monkeypatch.setattr(suite_session, "LEAST_USE", 0.0)
    result = session("--flops-save=b.json")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"{TEST}: not kept: *", "No test that passed has a rate to keep: *"])
    assert baseline.load(pytester.path / "b.json").tests == {TEST: FAST}


@pytest.mark.process
def test_a_regression_is_an_ordinary_failure_with_a_readable_message(session, base):
    result = session(base(measures=FAST), "--flops-margin=2%")
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "* % slower (* (* to *) against * (* to *) in b.json)",
            "test_measures: * % slower, more than the margin of 2 %; *",
            "  test_measures * regression",
            "FAILED test_it.py::test_measures - Failed: * % slower (*",
        ]
    )


@pytest.mark.process
def test_an_assertion_of_the_test_comes_before_its_rate(session, base):
    result = session(base(measures=FAST), module=f"{MEASURES}        assert 'right' == 'wrong'\n")
    result.assert_outcomes(failed=1)
    assert "AssertionError" in result.stdout.str()


@pytest.mark.process
def test_all_measurements_of_a_test_are_told(session, base):
    module = """
        def test_measures(flops):
            flops(lambda: None, flop=1000)
            flops(lambda: None, flop=1000, name="backward")
    """
    named = msgspec.structs.replace(FAST, name="backward")
    result = session(base(measures=FAST, **{"measures backward": named}), module=module)
    result.stdout.fnmatch_lines(["test_measures: *more than*", "test_measures backward: *more than*"])


@pytest.mark.process
def test_what_is_not_sure_is_said_and_fails_only_where_asked(session, base):
    option = base(measures=VAGUE)
    result = session(option)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  test_measures * inconclusive", f"{TEST}: inconclusive: *"])
    session(option, "--flops-fail-on=inconclusive").assert_outcomes(failed=1)


@pytest.mark.process
def test_an_improvement_passes(session, base):
    result = session(base(measures=SLOW), "--flops-fail-on=regression,missing,inconclusive")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  test_measures * improvement"])


@pytest.mark.process
def test_a_test_that_the_baseline_lacks_is_said_and_fails_where_asked(session, base):
    result = session(base())
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  test_measures * not in base", f"{TEST}: new: not in b.json: nothing to compare*"])
    result = session(base(), "--flops-fail-on=regression,missing")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_measures: *not in *b.json: nothing to compare with"])


@pytest.mark.process
def test_a_test_of_the_baseline_that_is_gone_is_said_and_fails_the_session_where_asked(session, base):
    option = base(measures=SLOW, gone=SLOW)
    result = session(option)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["test_it.py::test_gone: missing: in *b.json, but it is no longer in*"])
    result = session(option, "--flops-fail-on=missing")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["The session fails: tests of *"])


@pytest.mark.process
@pytest.mark.parametrize("skipped", ["import pytest; pytest.skip('no GPU')", "pass"])
def test_a_test_that_ran_without_a_rate_is_missing(session, base, skipped):
    result = session(base(measures=SLOW), "--flops-fail-on=missing", module=f"def test_measures(flops): {skipped}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "test_measures: missing: in" in result.stdout.str()


@pytest.mark.process
@pytest.mark.parametrize(
    "chosen", [["-k", "measures"], [TEST], ["--deselect", "test_it.py::test_other"], ["test_more.py"]]
)
def test_a_test_that_was_not_selected_is_not_missing(session, base, pytester, chosen):
    pytester.makepyfile(test_more="def test_more(): pass")
    module = f"{MEASURES}\n    def test_other(flops):\n        flops(lambda: None, flop=1000)\n"
    tests = {"measures": SLOW, "other": SLOW} if chosen != ["test_more.py"] else {"other": SLOW}
    result = session(base(**tests), "--flops-fail-on=missing", *chosen, module=module)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["1 more of *were not selected in this session."])


@pytest.mark.process
def test_only_collecting_judges_nothing(session, base):
    assert session(base(gone=SLOW), "--flops-fail-on=missing", "--collect-only").ret == pytest.ExitCode.OK


@pytest.mark.process
def test_saving_over_a_baseline_keeps_a_test_that_became_slower(session, base, pytester):
    option = base(measures=FAST, gone=SLOW)
    module = f"{MEASURES}\n    def test_new(flops):\n        flops(lambda: None, flop=1000)\n"
    result = session(option, "--flops-save=b.json", module=module)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "Baseline written to b.json: 1 measured, without 1 whose test failed, 2 kept",
            "*from the file that was there.",
        ]
    )
    saved = baseline.load(pytester.path / "b.json").tests
    assert set(saved) == {TEST, TEST.replace("measures", "gone"), TEST.replace("measures", "new")}
    assert saved[TEST] == FAST


@pytest.mark.process
@pytest.mark.parametrize("changes", [{"hardware_key": "0" * 16}, None])
def test_saving_over_the_baseline_of_another_machine_or_of_tests_that_passed_keeps_nothing(
    session, base, pytester, changes
):
    base(changes=changes, measures=FAST, **({"gone": SLOW} if changes else {}))
    result = session("--flops-save=b.json")
    result.stdout.fnmatch_lines(["Baseline written to b.json: 1 measured."])
    saved = baseline.load(pytester.path / "b.json").tests
    assert set(saved) == {TEST}
    assert saved[TEST] != FAST


# --- what is refused before a test runs


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--flops-margin=apples"], "--flops-margin apples: write a share above 0"),
        (
            ["--flops-fail-on=regresion"],
            "--flops-fail-on regresion: there are regression, missing, inconclusive and none",
        ),
        (["--flops-margin=5%"], "--flops-margin without --flops-baseline: there is nothing to hold the rates against"),
        (["--flops-fail-on=missing"], "--flops-fail-on without --flops-baseline"),
        (["--flops-baseline=none.json"], "none.json: cannot be read: No such file or directory"),
        (["--flops-baseline=tox.ini"], "tox.ini: not a baseline written by --flops-save"),
        (["--flops-time=0"], "--flops-time 0: write seconds above 0"),
        (["--flops-time=nan"], "--flops-time nan: write seconds above 0"),
        (["--flops-save="], "--flops-save '': no file can be written there"),
        (["--flops-save=/dev/null/b.json"], "--flops-save /dev/null/b.json: no file can be written there"),
        (["--flops-save=b.json", "--flops-disable"], "leaves nothing for --flops-save"),
        (["--flops-save=b.json", "-n2"], "--flops-save with workers of pytest-xdist: flops does not time in parallel"),
    ],
)
def test_options_without_sense_are_usage_errors(session, options, told):
    result = session(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{told}*"])


@pytest.mark.process
def test_the_baseline_of_another_machine_is_a_usage_error(session, base):
    result = session(base(changes={"hardware_key": "0" * 16}, measures=SLOW))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *was written on another machine*write one here with --flops-save"])


# --- beside other plugins


@pytest.mark.process
def test_pytest_benchmark_stores_the_figures_with_its_own(pytester):
    pytester.makepyfile(
        """
        def test_both(flops, benchmark):
            flops(lambda: None, flop=1000)
            flops(lambda: None, flop=10, name="small")
            benchmark(lambda: None)
        """
    )
    options = ("--flops-time=0.01", "--benchmark-json=bench.json", "--benchmark-autosave")
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(passed=1)
    (stored,) = json.loads((pytester.path / "bench.json").read_text())["benchmarks"]
    assert stored["extra_info"]["flops"]["flop"] == 1000
    assert stored["extra_info"]["flops small"]["flop"] == 10
    figures = stored["extra_info"]["flops"]
    assert 0 < figures["low_per_s"] <= figures["median_per_s"] <= figures["high_per_s"]
    assert stored["stats"]["rounds"] > 0
    assert list(pytester.path.glob(".benchmarks/*/*.json"))


@pytest.mark.process
def test_it_works_with_pytest_benchmark_disabled(session):
    module = "def test_both(flops, benchmark):\n    flops(lambda: None, flop=1)\n    benchmark(lambda: None)"
    session("--benchmark-disable", module=module).assert_outcomes(passed=1)


def test_another_fixture_called_benchmark_is_left_alone(session):
    module = """
        import pytest
        @pytest.fixture
        def benchmark(): return 3
        def test_a(flops, benchmark): assert flops(lambda: None, flop=1).rate
    """
    session("-p", "no:benchmark", module=module).assert_outcomes(passed=1)


@pytest.mark.process
def test_pytest_benchmark_is_not_needed(pytester):
    pytester.makeini("[pytest]\nfilterwarnings = error")
    pytester.makepyfile(
        """
        import sys
        def test_a(flops):
            assert flops(lambda: None, flop=1, sync=lambda: None).rate
            assert "pytest_benchmark" not in sys.modules
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:benchmark", "--flops-time=0.1")
    result.assert_outcomes(passed=1)


@pytest.mark.process
def test_workers_of_xdist_are_refused_and_told_why(pytester):
    pytester.makepyfile(test_it=MEASURES)
    result = pytester.runpytest_subprocess("-n2")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["1 skipped: flops does not time in parallel: run with -n 0 or -p no:xdist"])


@pytest.mark.process
def test_a_single_worker_of_xdist_measures_and_its_rates_are_told(pytester):
    pytester.makepyfile(test_it=MEASURES)
    result = pytester.runpytest_subprocess("-n1", "--flops-time=0.1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  test_measures *FLOPS *"])


@pytest.mark.process
def test_workers_of_xdist_may_run_what_is_not_measured(pytester):
    pytester.makepyfile(test_it="def test_a(flops): assert flops(lambda: None, flop=1).rate is None")
    pytester.runpytest_subprocess("-n2", "--flops-disable").assert_outcomes(passed=1)


@pytest.mark.process
@pytest.mark.parametrize("workers", [["-n1"], ["-n2"], ["--tx=2*popen", "--dist=load"]])
def test_a_gate_under_xdist_is_a_usage_error(pytester, base, workers):
    result = pytester.runpytest_inprocess(base(measures=SLOW), *workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --flops-baseline with workers of pytest-xdist: flops does not time in parallel*"]
    )


# --- what loading it costs every suite


@pytest.mark.process
def test_loading_the_plugin_loads_nothing_heavy():
    program = "import sys, flopsbench.pytest_plugin; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "torch", "cupy", "llvmlite", "msgspec", "psutil", "pytest_benchmark", "xdist", "rich", "typer"}
    assert not heavy & set(loaded)
    assert {name for name in loaded if name.startswith("flopsbench")} == {
        "flopsbench",
        "flopsbench.errors",
        "flopsbench.pytest_plugin",
    }


@pytest.mark.process
def test_a_suite_that_does_not_measure_loads_nothing_heavy(pytester):
    pytester.makepyfile(
        """
        import sys
        def test_a(): assert not {"numpy", "msgspec", "flopsbench.track"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)
