"""Comparisons of real projects in real processes: each kind of test gets the verdict that it deserves."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from flopsbench.errors import ExitCode, NothingMeasurable, UsageError
from flopsbench.problem import Amount
from flopsbench.result.codec import decode, encode
from flopsbench.track.ab.ab import Progress
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS
from flopsbench.track.calls import pair as pairs
from flopsbench.track.calls.found import looked_at
from flopsbench.track.calls.run import ab_calls
from flopsbench.track.calls.target import CallTarget
from flopsbench.track.comparison import Change, Comparison, exit_code
from flopsbench.track.suite.callable import A_CALL
from flopsbench.words.reason import Reason
from tests.track.calls.projects import SUITE, project, side

pytestmark = pytest.mark.process

PAIRS = FEWEST_PAIRS + 1  # of which two calls together need one more
MARGIN = 0.5  # far from the change that is planted and from none, on a busy machine too
ODD = """
    import os, pytest
    from lib import work

    def test_gone(flops):
        flops(lambda: work(1), flop=2000)

    def test_other_work(flops):
        flops(lambda: work(1), flop=2000)

    def test_dies(flops):
        flops(lambda: work(1), flop=2000)

    def test_fails(flops):
        flops(lambda: work(1), flop=2000)

    def test_skipped(flops):
        flops(lambda: work(1), flop=2000)
    """
ODD_NEW = """
    import os, pytest
    from lib import work

    def test_came(flops):
        flops(lambda: work(1), flop=2000)

    def test_other_work(flops):
        flops(lambda: work(1), flop=4000)

    def test_dies(flops):
        calls = []
        flops(lambda: (calls.append(1), len(calls) > 40 and os._exit(5)), flop=2000)

    def test_fails(flops):
        assert 1 == 2, "the product is wrong"

    @pytest.mark.skip(reason="not today")
    def test_skipped(flops):
        flops(lambda: work(1), flop=2000)
    """


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "TURNS_S", 0.1)


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {change.case.partition("::")[2]: change.verdict for change in comparison.changes}


def changes(comparison: Comparison) -> dict[str, Change]:
    return {change.case.partition("::")[2]: change for change in comparison.changes}


@pytest.mark.slow
def test_the_slower_test_is_called_and_no_other(tmp_path: Path) -> None:
    base = side("base", project(tmp_path / "a", {"tests/test_speed.py": SUITE.format(slower=1)}))
    new = side("new", project(tmp_path / "b", {"tests/test_speed.py": SUITE.format(slower=5)}))
    told: list[int] = []
    outcome = ab_calls(
        base,
        new,
        CallTarget("suite", ["-k", "slower or benchmark"]),
        pairs=PAIRS,
        margin=MARGIN,
        on_progress=lambda progress: told.append(progress.done),
    )
    comparison = outcome.comparison
    found = changes(comparison)
    assert found["test_slower"].verdict == "regression"
    assert found["test_slower"].estimate == pytest.approx(-0.8, abs=0.15)
    assert found["test_slower"].unit == found["test_by_benchmark"].unit == "FLOP/s"
    assert found["test_by_benchmark"].verdict in ("unchanged", "inconclusive")
    assert exit_code(comparison) == ExitCode.FAILED
    assert told == [*range(1, PAIRS + 1)] * 2  # the second look included
    for result in (outcome.base, outcome.new):
        assert decode(encode(result)) == result
        assert result.tool.options.calls == ["suite -k 'slower or benchmark'"]
        assert [len(call.processes) for call in result.calls] == [2 * PAIRS, PAIRS]


def test_every_call_of_a_suite_is_found_with_its_work(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {"tests/test_speed.py": SUITE.format(slower=1)}))
    found = looked_at(here, CallTarget("suite", [])).found
    assert {name.partition("::")[2]: call.work for name, call in found.items()} == {
        "test_slower": Amount(2000, "FLOP/s", 0),
        "test_same": Amount(64, "B/s", 0),
        "test_same again": A_CALL,
        "test_by_benchmark": Amount(2000, "FLOP/s", 0),
    }


@pytest.mark.slow
def test_what_cannot_be_compared_is_named_with_its_reason(tmp_path: Path) -> None:
    base = side("base", project(tmp_path / "a", {"test_odd.py": ODD}))
    new = side("new", project(tmp_path / "b", {"test_odd.py": ODD_NEW}))
    comparison = ab_calls(base, new, CallTarget("suite", []), pairs=FEWEST_PAIRS, margin=MARGIN).comparison
    assert verdicts(comparison) == {
        "test_came": "new",
        "test_other_work": "new",
        "test_dies": "failed",
        "test_fails": "failed",
        "test_skipped": "missing",
        "test_gone": "missing",
    }
    reasons = {name: str(change.reason) for name, change in changes(comparison).items()}
    assert "exit code 5" in reasons["test_dies"]
    assert "the product is wrong" in reasons["test_fails"]
    assert "not today" in reasons["test_skipped"]
    assert reasons["test_other_work"] == (
        "not the same work: one call is 2,000 (FLOP) on side A, 4,000 (FLOP) on side B"
    )
    assert exit_code(comparison) == ExitCode.FAILED


def test_what_too_few_pairs_can_call_is_told_before_the_first(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {"test_speed.py": SUITE.format(slower=1)}))
    told: list[str] = []

    def interrupt(progress: Progress) -> None:
        told.append("a pair is done")
        raise KeyboardInterrupt

    def note(sentence: str) -> None:
        told.append(str(sentence))

    ab_calls(here, here, CallTarget("suite", []), pairs=FEWEST_PAIRS, on_progress=interrupt, on_note=note)
    assert told == [
        "6 pairs can call a change in at most 1 cases at once; there are 4: raise --pairs",
        "a pair is done",
    ]


def test_one_call_can_be_asked_for_and_an_interrupted_comparison_says_so(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {"test_speed.py": SUITE.format(slower=1)}))

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    only = "test_speed.py::test_slower"
    comparison = ab_calls(here, here, CallTarget("suite", []), on_progress=interrupt, only=only).comparison
    assert comparison.interrupted
    (change,) = comparison.changes
    assert (change.case, change.verdict) == (only, "inconclusive")
    assert "interrupted after 1 of the 6 pairs" in str(change.reason)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"test_none.py": "def test_a():\n    pass\n"}, "uses the fixture flops or benchmark"),
        ({"test_broken.py": "import no_such_module\n"}, "No module named 'no_such_module'"),
        ({"conftest.py": "raise RuntimeError('no luck')\n", "test_a.py": ""}, "RuntimeError: no luck"),
        ({"pytest.ini": "[pytest]\naddopts = --no-such-option\n"}, "unrecognized arguments: --no-such-option"),
    ],
)
def test_a_suite_without_a_call_is_refused_with_the_reason(tmp_path: Path, files: dict[str, str], told: str) -> None:
    here = side("here", project(tmp_path, files))
    with pytest.raises((UsageError, NothingMeasurable)) as caught:
        ab_calls(here, here, CallTarget("suite", []), pairs=FEWEST_PAIRS)
    assert told in str(caught.value)


def test_a_place_of_tests_that_is_on_no_side_is_refused(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {"test_a.py": ""}))
    with pytest.raises(UsageError, match="file or directory not found: nowhere"):
        ab_calls(here, here, CallTarget("suite", ["nowhere", "test_a.py"]), pairs=FEWEST_PAIRS)


def test_tests_whose_file_is_on_one_side_alone_are_new_or_missing(tmp_path: Path) -> None:
    one = "def test_one(flops):\n    flops(lambda: None)\n"
    base = side("base", project(tmp_path / "a", {"test_one.py": one}))
    new = side("new", project(tmp_path / "b", {"test_two.py": one.replace("test_one", "test_two")}))
    asked = ["test_one.py", "test_two.py::test_two"]
    comparison = ab_calls(base, new, CallTarget("suite", asked), pairs=FEWEST_PAIRS).comparison
    assert verdicts(comparison) == {"test_one": "missing", "test_two": "new"}


def test_a_test_that_ends_its_process_is_named_and_the_others_are_found(tmp_path: Path) -> None:
    tests = "import os\ndef test_deadly(flops):\n    os._exit(7)\n\ndef test_fine(flops):\n    flops(lambda: None)\n"
    one = looked_at(side("here", project(tmp_path, {"test_a.py": tests})), CallTarget("suite", []))
    assert set(one.found) == {"test_a.py::test_fine"}
    assert one.lost["test_a.py::test_deadly"].reason == "the process that measured it died: exit code 7"


def test_what_fails_on_both_sides_fails_nothing_and_what_never_calls_its_fixture_is_named(tmp_path: Path) -> None:
    tests = "def test_bad(flops):\n    assert 1 == 2\n\ndef test_idle(benchmark):\n    pass\n"
    here = side("here", project(tmp_path, {"sub/conftest.py": "", "sub/test_a.py": tests}))
    comparison = ab_calls(here, here, CallTarget("suite", []), pairs=FEWEST_PAIRS).comparison
    assert verdicts(comparison) == {"test_bad": "not run", "test_idle": "not run"}
    reasons = {name: str(change.reason) for name, change in changes(comparison).items()}
    assert reasons["test_bad"].startswith("on both sides: ")
    assert reasons["test_idle"] == "on both sides: its fixture was never called"
    assert exit_code(comparison) == ExitCode.NOTHING_MEASURABLE


@pytest.mark.parametrize("addopts", ["-n 2", "-p no:xdist", "-p no:cov -p no:randomly"])
def test_options_of_the_project_that_would_spread_its_tests_change_nothing(tmp_path: Path, addopts: str) -> None:
    tests = "def test_a(flops):\n    flops(lambda: None)\n"
    files = {"pytest.ini": f"[pytest]\naddopts = {addopts}\n", "test_a.py": tests}
    one = looked_at(side("here", project(tmp_path, files)), CallTarget("suite", []))
    assert set(one.found) == {"test_a.py::test_a"}


def test_where_the_new_side_cannot_be_run_its_tests_have_failed(tmp_path: Path) -> None:
    tests = "def test_a(flops):\n    flops(lambda: None)\n"
    base = side("base", project(tmp_path / "a", {"test_a.py": tests}))
    new = side("new", project(tmp_path / "b", {"test_a.py": f"import no_such_module\n{tests}"}))
    comparison = ab_calls(base, new, CallTarget("suite", []), pairs=FEWEST_PAIRS).comparison
    assert verdicts(comparison) == {"test_a": "failed"}
    assert exit_code(comparison) == ExitCode.FAILED


def test_a_callable_is_compared_by_its_time(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {"mine.py": "from lib import work\n\ndef go():\n    return work(1)\n"}))
    target = CallTarget("call", ["mine:go"], Amount(2000, "FLOP/s", 0))
    (change,) = ab_calls(here, here, target, pairs=FEWEST_PAIRS, margin=MARGIN).comparison.changes
    assert (change.case, change.unit) == ("mine:go", "FLOP/s")
    assert change.verdict in ("unchanged", "inconclusive")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no_such_module:go", "no_such_module:go cannot be imported: ModuleNotFoundError"),
        ("lib:no_such_function", "cannot be imported: AttributeError"),
        ("lib:__name__", "lib:__name__ cannot be called"),
    ],
)
def test_a_callable_that_is_none_is_told(tmp_path: Path, name: str, told: str) -> None:
    here = side("here", project(tmp_path, {}))
    with pytest.raises(UsageError) as caught:
        ab_calls(here, here, CallTarget("call", [name]), pairs=FEWEST_PAIRS)
    assert told in str(caught.value)


def test_a_callable_that_fails_has_failed(tmp_path: Path) -> None:
    here = side("here", project(tmp_path, {}))
    fine = side("fine", project(tmp_path / "fine", {"lib.py": "def work():\n    pass\n"}))
    (change,) = ab_calls(fine, here, CallTarget("call", ["lib:work"]), pairs=FEWEST_PAIRS).comparison.changes
    assert change.verdict == "failed"
    assert "missing 1 required positional argument" in str(change.reason)


def test_a_command_is_compared_by_the_wall_time_of_its_processes(tmp_path: Path) -> None:
    base = side("base", tmp_path, PAUSE="0.005")
    new = side("new", tmp_path, PAUSE="0.06")
    target = CallTarget("command", ["sh", "-c", 'sleep "$PAUSE"'])
    outcome = ab_calls(base, new, target, pairs=FEWEST_PAIRS, margin=MARGIN)
    (change,) = outcome.comparison.changes
    assert (change.verdict, change.unit) == ("regression", "call/s")
    assert outcome.comparison.notes[-1].startswith("each time is that of a whole process; starting one")


def test_a_command_that_fails_is_refused_with_its_last_word(tmp_path: Path) -> None:
    here = side("here", tmp_path)
    with pytest.raises(UsageError, match="exit code 3: no luck"):
        ab_calls(here, here, CallTarget("command", ["sh", "-c", "echo no luck >&2; exit 3"]), pairs=FEWEST_PAIRS)
    with pytest.raises(UsageError, match="no_such_program cannot be started: No such file"):
        ab_calls(here, here, CallTarget("command", ["no_such_program"]), pairs=FEWEST_PAIRS)


def test_a_command_that_fails_later_has_failed(tmp_path: Path) -> None:
    counts = 'n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; [ "$n" -lt 5 ] || exit 9'
    base, new = side("base", project(tmp_path / "a", {})), side("new", project(tmp_path / "b", {}))
    comparison = ab_calls(base, new, CallTarget("command", ["sh", "-c", counts]), pairs=FEWEST_PAIRS).comparison
    (change,) = comparison.changes
    assert math.isfinite(comparison.margin)
    assert change.verdict in ("failed", "new")  # whichever of the two was first to come to its fifth run
    assert "exit code 9" in str(change.reason)
    assert isinstance(change.reason, Reason)
