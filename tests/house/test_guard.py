"""Tests the guard of the fast loop: what starts a process unmarked fails, even where the code under test hides it."""

from __future__ import annotations

import pytest

from tests import guard

pytest_plugins = ["pytester"]

MODULE = """
import multiprocessing
import os
import pytest
import subprocess
from concurrent.futures import ProcessPoolExecutor

def swallow(start, *arguments):
    try:
        start(*arguments)
    except Exception:
        pass

{marker}
def test_it():
    {body}
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run a test in a session of its own, in this process: it shares the guard, which is one per process."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a plugin may start processes of its own

    def run(body: str, marker: str = "", more: str = "") -> pytest.RunResult:
        pytester.makepyfile(MODULE.format(marker=marker, body=body) + more)
        pytester.makeini("[pytest]\nmarkers =\n fast: \n process: \n clone: \n browser: \n slow: ")
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[guard])

    return run


@pytest.mark.parametrize(
    "body",
    [
        "subprocess.run(['true'])",
        "os.system('true')",
        "swallow(subprocess.run, ['true'])",
        "swallow(multiprocessing.get_context('fork').Process().start)",
        "swallow(multiprocessing.get_context('spawn').Process().start)",
        "swallow(multiprocessing.get_context('forkserver').Process().start)",
        "swallow(multiprocessing.util.spawnv_passfds, b'true', [b'true'], [])",
        "swallow(ProcessPoolExecutor(1).submit, print)",
        "swallow(subprocess.run, ['true']); pytest.skip('no matter')",
        "swallow(subprocess.run, ['true']); pytest.xfail('no matter')",
    ],
)
def test_an_unmarked_test_that_starts_a_process_fails(session, body: str) -> None:
    done = session(body)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines("*test_it starts a process (*): mark it with @pytest.mark.process*")


def test_a_fixture_that_hides_the_failure_is_found(session) -> None:
    more = "\n@pytest.fixture(autouse=True)\ndef started():\n    swallow(os.system, 'true')\n"
    session("pass", more=more).assert_outcomes(errors=1)
    session("pass", more=more.replace("    swallow", "    yield\n    swallow")).assert_outcomes(passed=1, errors=1)


def test_what_follows_is_not_blamed(session) -> None:
    session("swallow(os.system, 'true')", more="\ndef test_next():\n    pass\n").assert_outcomes(failed=1, passed=1)


@pytest.mark.process
@pytest.mark.parametrize("marker", guard.SLOW_MARKERS)
def test_a_marked_test_may_start_processes(session, marker: str) -> None:
    body = "assert os.system('true') == 0"
    session(body, f"@pytest.mark.{marker}").assert_outcomes(passed=1)


@pytest.mark.process
def test_a_marked_test_may_spawn(session) -> None:
    body = "one = multiprocessing.get_context('spawn').Process(target=len, args=('',)); one.start(); one.join()"
    session(body, "@pytest.mark.process").assert_outcomes(passed=1)


def test_the_test_around_a_session_stays_watched(session) -> None:
    session("pass")
    assert guard.guard.test is not None
    assert "test_the_test_around" in guard.guard.test
