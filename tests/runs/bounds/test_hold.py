"""Hold of a process, below a guard and by its number alone: it is heard, it ends, and so does what it has started."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator

import psutil
import pytest

from flopsbench.host import parent
from flopsbench.runs.bounds import hold
from flopsbench.runs.bounds.hold import GuardHold, Hold, NumberHold, take_hold

pytestmark = pytest.mark.process

LIFE_S = 60  # whoever is forgotten ends by itself
# Starts a child, tells its number and its own, and does as it is told in a line.
PROGRAM = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep({LIFE_S})"])
print(os.getpid(), child.pid, flush=True)
exec(sys.stdin.readline())
"""


@pytest.fixture(params=["by a guard", "by its number"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Hold of a process; without POSIX there is one kind alone."""
    if request.param == "by its number":
        monkeypatch.setattr(hold, "IS_POSIX", False)
        monkeypatch.setattr(parent, "IS_POSIX", False)
    elif not parent.IS_POSIX:
        pytest.skip("no guard can be held here")
    with tempfile.TemporaryFile() as complaints:
        taken = take_hold([sys.executable, "-c", PROGRAM], os.environ, None, complaints, [])
        assert isinstance(taken, GuardHold if request.param == "by a guard" else NumberHold)
        yield taken
        taken.bury(0)
    assert taken.pipes.stdin
    assert taken.pipes.stdout
    taken.pipes.stdin.close()
    taken.pipes.stdout.close()


def numbers(held: Hold) -> tuple[int, int]:
    """Its own number, and that of its child."""
    assert held.pipes.stdout
    own, child = map(int, held.pipes.stdout.readline().split())
    return own, child


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or ends within half a minute; one that nobody has reaped yet has ended."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or not psutil.wait_procs([process], timeout=30)[1]
    except psutil.NoSuchProcess:
        return True


def test_it_knows_its_process_and_what_that_has_started(held: Hold) -> None:
    own, child = numbers(held)
    assert held.number == own
    assert child in held.helpers()
    assert own not in held.helpers()


def test_nothing_is_left_of_a_process_that_is_let_go(held: Hold) -> None:
    own, child = numbers(held)
    held.let_go()
    assert is_gone(own)
    assert is_gone(child)


def test_a_process_may_end_by_itself_first(held: Hold) -> None:
    numbers(held)
    assert held.pipes.stdin
    held.pipes.stdin.write(b"child.kill(); child.wait(); os._exit(7)\n")
    held.pipes.stdin.flush()
    held.bury(30)
    assert held.pipes.returncode == 7


def test_a_process_that_does_not_is_ended(held: Hold) -> None:
    own, child = numbers(held)
    held.bury(0.01)
    assert held.pipes.returncode
    assert is_gone(own)
    assert is_gone(child)
