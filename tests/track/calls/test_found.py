"""Two commits of a project: its own code is found, and nothing is compared that would be the same on both sides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flopsbench.errors import UsageError
from flopsbench.result.types import Options
from flopsbench.track.ab.ab import ab
from flopsbench.track.ab.side import prepared
from flopsbench.track.ab.spec import parse_spec
from flopsbench.track.calls.found import looked_at, refuse_same_code
from flopsbench.track.calls.target import CallTarget
from tests.track.calls.projects import SUITE
from tests.track.history.revisions.repositories import repository

pytestmark = pytest.mark.clone

TESTS = {"tests/test_speed.py": SUITE.format(slower=1)}
ALONE = {"test_alone.py": "def test_sum(flops):\n    flops(lambda: sum(range(100)), flop=100)\n"}
OPTIONS = Options(["cpu"], backends=["numpy"], dtypes=["fp64"], sizes=["64"])


def test_the_tests_of_a_commit_run_its_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path, [TESTS])
    monkeypatch.chdir(tmp_path)
    with prepared(parse_spec("git=HEAD"), OPTIONS, "true") as side:
        one = looked_at(side, CallTarget("suite", []))
    assert one.seen is not None
    assert set(one.seen.code.project) == {"conftest", "lib"}
    assert one.seen.code.tests
    assert len(one.found) == 4
    refuse_same_code(one, one)  # the same commit twice tells how noisy the machine is


def test_code_of_the_checkout_in_place_of_the_commits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "import mine\n\ndef test_mine(flops):\n    flops(mine.go)\n"
    repository(tmp_path, [{"src/mine.py": "def go():\n    pass\n", "tests/test_mine.py": test}])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "src"), os.environ.get("PYTHONPATH", "")]))
    with (
        prepared(parse_spec("git=HEAD"), OPTIONS, "true") as side,
        pytest.raises(UsageError, match=r"what it measures ran .*mine\.py of this checkout instead of the commit"),
    ):
        looked_at(side, CallTarget("suite", []))


def test_two_commits_that_differ_in_nothing_that_runs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {"test_alone.py": ALONE["test_alone.py"].replace("100", "200")}
    repository(tmp_path, [ALONE, {"README": "Read me.\n"}, changed])
    (tmp_path / "conftest.py").unlink()
    monkeypatch.chdir(tmp_path)
    with (
        prepared(parse_spec("git=HEAD~2"), OPTIONS, "rm conftest.py lib.py") as first,
        prepared(parse_spec("git=HEAD~1"), OPTIONS, "rm conftest.py lib.py") as second,
        prepared(parse_spec("git=HEAD"), OPTIONS, "rm conftest.py lib.py") as third,
    ):
        seen = [looked_at(side, CallTarget("suite", [])) for side in (first, second, third)]
        with pytest.raises(UsageError, match="both commits run the very same libraries"):
            refuse_same_code(*seen[:2])
        refuse_same_code(*seen[1:])  # the test itself has changed
        with pytest.raises(UsageError, match="both commits run the very same libraries"):
            ab(first, third)  # of GEMM, which is numpy's
