"""Tests which tests of a baseline count as missing, what is saved, and what a session is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.render.terminal.suite import WIDTH, Line, report
from flopsbench.result.types import Rate
from flopsbench.track.suite import baseline
from flopsbench.track.suite.baseline import Timing
from flopsbench.track.suite.callable import Measurement
from flopsbench.track.suite.gate import Gate
from flopsbench.track.suite.session import Selection, Suite, SuiteRow, measurement_key, node_of, why_absent


def timed(seconds: float, name: str | None = None) -> Timing:
    return Timing(flop=10**9, median_s=seconds, low_s=seconds * 0.999, high_s=seconds * 1.001, blocks=10, name=name)


def measured(*seconds: float):
    """Return a measure that gives one rate after another."""
    rates = [10**9 / each for each in seconds]
    found = iter(Measurement(10**9, rate=Rate(r, r * 0.999, r * 1.001, r, "blocks"), blocks=10) for r in rates)
    return lambda: next(found)


def suite(fail_on=("regression", "missing"), **tests: Timing) -> Suite:
    return Suite(Gate(baseline.baseline(tests), "b.json", 0.02, fail_on))


def selection(tmp_path: Path, **changes) -> Selection:
    (tmp_path / "test_there.py").touch()
    files = {"test_a.py"}
    plain = Selection(tmp_path, {"test_a.py::test_one"}, {"test_a.py::test_left"}, files, [tmp_path], narrowed=False)
    return plain._replace(**changes)


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("test_a.py::test_one", "it was selected and gave no rate"),
        ("test_a.py::test_left", None),
        ("test_a.py::test_gone", "it is no longer in test_a.py"),
        ("test_gone.py::test_one", "test_gone.py is gone"),
        ("test_there.py::test_one", None),  # --ignore, --last-failed
    ],
)
def test_a_test_is_missing_where_the_session_was_asked_for_it(tmp_path, test, reason):
    assert (why_absent(test, selection(tmp_path)) or "").startswith(reason or "")
    assert bool(why_absent(test, selection(tmp_path))) == bool(reason)


@pytest.mark.parametrize("test", ["test_a.py::test_gone", "test_gone.py::test_one"])
def test_what_cannot_be_found_is_not_missing_in_a_narrowed_session(tmp_path, test):
    assert why_absent(test, selection(tmp_path, narrowed=True)) is None


def test_a_file_outside_the_paths_given_is_not_missing(tmp_path):
    assert why_absent("test_gone.py::test_one", selection(tmp_path, folders=[tmp_path / "unit"])) is None
    assert why_absent("unit/test_gone.py::test_one", selection(tmp_path, folders=[tmp_path / "unit"]))


def test_the_tests_of_the_baseline_without_a_rate_are_counted(tmp_path):
    tests = ["test_a.py::test_one", "test_a.py::test_left", "test_a.py::test_gone", "test_a.py::test_ran"]
    session = suite(**{test: timed(1) for test in tests})
    session.take(SuiteRow("test_a.py::test_ran", timed(1)), passed=True)
    session.close(selection(tmp_path))
    assert [absent.test for absent in session.absent] == ["test_a.py::test_gone", "test_a.py::test_one"]
    assert session.not_selected == 1
    assert session.fails


def test_missing_tests_fail_nothing_unless_asked(tmp_path):
    session = suite(fail_on=["regression"], **{"test_a.py::test_one": timed(1)})
    session.close(selection(tmp_path))
    assert session.absent
    assert not session.fails


def test_without_a_gate_nothing_is_missing(tmp_path):
    session = Suite()
    session.close(selection(tmp_path))
    assert not session.absent
    assert not session.fails


@pytest.mark.parametrize(("name", "filed"), [(None, "t.py::a[x y]"), ("y", "t.py::a[x y] y")])
def test_a_measurement_is_filed_under_its_test_and_name(name, filed):
    assert measurement_key("t.py::a[x y]", name) == filed
    assert node_of(filed, timed(1, name)) == "t.py::a[x y]"


def test_a_regression_is_called_when_a_second_measurement_agrees():
    _, row = suite(t=timed(1)).measure_and_judge("t", None, measured(2, 2))
    assert row.change.verdict == "regression"


def test_a_regression_that_the_second_measurement_does_not_show_is_inconclusive():
    found, row = suite(t=timed(1)).measure_and_judge("t", None, measured(2, 1))
    assert row.change.verdict == "inconclusive"
    assert "first 50 % slower" in row.change.reason
    assert "measured again at once: " in row.change.reason
    assert found.rate.median == 1e9


def test_what_is_no_regression_is_measured_once():
    _, row = suite(t=timed(1)).measure_and_judge("t", None, measured(1))
    assert row.change.verdict == "unchanged"
    _, row = Suite().measure_and_judge("t", None, measured(1))
    assert row.change is None


def test_only_tests_that_passed_are_saved_and_the_last_run_counts():
    session = Suite()
    session.take(SuiteRow("a", timed(1)), passed=True)
    session.take(SuiteRow("b", timed(1)), passed=False)
    session.take(SuiteRow("c", timed(1)), passed=False)
    session.take(SuiteRow("c", timed(2)), passed=True)
    session.take(SuiteRow("d", timed(1)), passed=True)
    session.take(SuiteRow("d", timed(1)), passed=False)
    assert session.saved() == {"a": timed(1), "c": timed(2)}


def test_an_earlier_baseline_of_this_machine_keeps_what_has_no_new_rate(tmp_path):
    session = Suite()
    session.take(SuiteRow("a", timed(1)), passed=True)
    session.take(SuiteRow("b", timed(1)), passed=False)
    earlier = baseline.baseline({"a": timed(2), "b": timed(2), "c": timed(2)})
    assert session.kept(baseline.save(earlier, tmp_path / "here.json")) == {"b": timed(2), "c": timed(2)}
    elsewhere = replace(earlier, hardware_key="0" * 16)
    assert session.kept(baseline.save(elsewhere, tmp_path / "elsewhere.json")) == {}
    assert session.kept(tmp_path / "none.json") == {}


def test_the_report_fits_80_columns_and_says_everything(tmp_path):
    long = "tests/deep/down/in/test_folder.py::TestProducts::test_a_matrix_product_of_some_size[float32-2048-2048-2048]"
    tests = ("t.py::slow", "t.py::same", "t.py::unsure", "test_a.py::test_one")
    session = suite(**{test: timed(1) for test in tests})
    for test, seconds in (("t.py::slow", (2, 2)), ("t.py::same", (1,)), ("t.py::unsure", (2, 1)), (long, (0.001,))):
        session.take(session.measure_and_judge(test, None, measured(*seconds))[1], passed=True)
    session.close(selection(tmp_path))
    lines = list(report(session, [Line("Written to b.json.")]))
    text = "\n".join(line.text for line in lines)
    assert all(len(line.text) <= WIDTH for line in lines if "test_a_matrix" not in line.text)  # a name stays whole
    coloured = {line.text.split()[0]: line.colour for line in lines if line.text.startswith("  ")}
    assert (coloured["slow"], coloured["same"], coloured["unsure"]) == ("red", "", "yellow")
    assert "500 MFLOPS" in text
    assert "-50 %  regression" in text
    assert "+0 %  unchanged" in text
    assert "not in base" in text
    assert "test_a.py::test_one: missing: in b.json, but it was selected and gave no rate" in text
    assert "The session fails: tests of b.json gave no rate" in text
    assert "Where no ceiling was measured" in text
    assert lines[-1].text == "Written to b.json."


def test_without_a_gate_the_report_is_a_table_of_rates():
    session = Suite()
    session.take(SuiteRow("t.py::a", timed(1), note="no ceiling for fp16: no such instruction"), passed=True)
    head, file, row, note = (line.text for line in report(session))
    assert head.split() == ["test", "rate", "95", "%", "of", "blocks", "ceiling"]
    assert file == "t.py"
    assert row.split() == ["a", "1.00", "GFLOPS", "0.999", "to", "1.00", "-"]
    assert note == "t.py::a: no ceiling for fp16: no such instruction"


def test_a_session_without_rates_has_no_table():
    assert list(report(Suite())) == []
