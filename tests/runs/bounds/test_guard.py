"""A guard seen from outside: it ends as its worker did, and nothing that was started below it is left."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from flopsbench.host.parent import IS_POSIX
from flopsbench.runs.bounds.guard import KEPT_BYTES, command

if not IS_POSIX:
    pytest.skip("no guard can be held here", allow_module_level=True)
pytestmark = pytest.mark.process

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to whom they descend from")
LIFE_S = 60  # whoever is forgotten ends by itself

# What begins each program: it notes who was started, in a folder, and lets go of nothing by itself.
PRELUDE = f"""
import ctypes, os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])

def note():
    (folder / str(os.getpid())).touch()

def stay():
    note()
    signal.alarm({LIFE_S})
    while True:
        time.sleep(0.05)

def fork(then, *arguments):
    child = os.fork()
    if not child:
        then(*arguments)
        os._exit(0)
    return child

def session(then=stay):
    os.setsid()
    then()

def again(left):
    note()
    for _ in range(2 if left else 0):
        fork(again, left - 1)
    stay()

def await_notes(count):
    while len(list(folder.iterdir())) < count:
        time.sleep(0.005)
"""
AWAY = {
    "nobody": ("note()", 1),
    "a child": ("note(); fork(stay)", 2),
    "a child in a session of its own": ("note(); fork(session)", 2),
    "a double fork in a session of its own": ("note(); os.waitpid(fork(lambda: session(lambda: fork(stay))), 0)", 2),
    "forks that fork again": ("note(); fork(again, 3)", 16),
    "who ignores signals": (
        "note(); [signal.signal(each, signal.SIG_IGN) for each in (1, 2, 15)]; fork(session)",
        2,
    ),
    "a stopped child": ("note(); child = fork(session); await_notes(2); os.kill(child, signal.SIGSTOP)", 2),
}
HOLDS = {
    "sleeps": "time.sleep(600)",
    "holds the lock of Python in a call of C": "ctypes.PyDLL(None).sleep(600)",
    "ignores what asks it to end": "[signal.signal(each, signal.SIG_IGN) for each in (1, 2, 15)]; time.sleep(600)",
    "has stopped itself": "os.kill(os.getpid(), signal.SIGSTOP)",
}


@dataclass
class Guarded:
    """A guard, the end of the socket that it is held by, and the number of its worker."""

    process: subprocess.Popen[bytes]
    held: socket.socket
    worker: int
    notes: Path
    printed: Path


def started(notes: Path, count: int) -> list[int]:
    """The numbers of everything that was started, as soon as there are so many."""
    while len(found := [int(path.name) for path in notes.iterdir()]) < count:
        time.sleep(0.005)
    return found


@contextmanager
def guarded(folder: Path, program: str, *, text: bool = True) -> Iterator[Guarded]:
    notes, printed = folder / "notes", folder / "printed"
    notes.mkdir()
    worker = [sys.executable, "-c", PRELUDE + program, str(notes)] if text else [program]
    held, theirs = socket.socketpair()
    with printed.open("wb") as stderr, theirs:
        process = subprocess.Popen(
            command(theirs.fileno(), worker),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            pass_fds=(theirs.fileno(),),
        )
    with process, held:
        yield Guarded(process, held, int(held.recv(64) or 0), notes, printed)
        held.close()


def are_gone(numbers: list[int]) -> bool:
    return not any(psutil.pid_exists(number) for number in numbers)


@pytest.mark.parametrize("code", [0, 1, 5, 255])
def test_it_ends_by_the_workers_exit_code(tmp_path: Path, code: int) -> None:
    with guarded(tmp_path, f"os._exit({code})") as guard:
        assert guard.process.wait(30) == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_the_workers_signal(tmp_path: Path, number: signal.Signals) -> None:
    with guarded(tmp_path, f"signal.signal(2, signal.SIG_DFL); os.kill(os.getpid(), {int(number)})") as guard:
        assert guard.process.wait(30) == -number


def test_it_tells_the_workers_number_and_hands_the_pipes_through(tmp_path: Path) -> None:
    with guarded(tmp_path, "print(os.getpid(), os.getpgid(0), input(), flush=True)") as guard:
        told, _ = guard.process.communicate(b"asked\n", timeout=30)
        assert told == b"%d %d asked\n" % (guard.worker, guard.worker)


@LINUX
@pytest.mark.parametrize("away", AWAY)
def test_nothing_is_left_when_the_worker_has_ended(tmp_path: Path, away: str) -> None:
    program, count = AWAY[away]
    with guarded(tmp_path, f"{program}\nawait_notes({count})\nos._exit(7)") as guard:
        assert guard.process.stdout is not None
        assert guard.process.stdout.read() == b""  # whoever held the pipe is gone
        assert guard.process.wait(30) == 7
        assert are_gone(started(guard.notes, count))


@LINUX
@pytest.mark.parametrize("holds", HOLDS)
@pytest.mark.parametrize("away", ["a child in a session of its own", "a double fork in a session of its own"])
def test_nothing_is_left_when_the_other_end_is_closed(tmp_path: Path, away: str, holds: str) -> None:
    program, count = AWAY[away]
    with guarded(tmp_path, f"{program}\nawait_notes({count})\n{HOLDS[holds]}") as guard:
        found = started(guard.notes, count)
        guard.held.close()
        assert guard.process.wait(30) == -signal.SIGKILL
        assert are_gone([guard.worker, *found])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_its_worker(tmp_path: Path, number: signal.Signals) -> None:
    with guarded(tmp_path, "note(); time.sleep(600)") as guard:
        found = started(guard.notes, 1)
        guard.process.send_signal(number)
        assert guard.process.wait(30) == -signal.SIGKILL
        assert are_gone(found)


PARENT = """
import os, socket, subprocess, sys, time
from flopsbench.runs.bounds.guard import command
held, theirs = socket.socketpair()
guard = subprocess.Popen(command(theirs.fileno(), sys.argv[1:]), pass_fds=(theirs.fileno(),), start_new_session=True)
theirs.close()
print(guard.pid, flush=True)
time.sleep(600)
"""


@LINUX
def test_nothing_is_left_when_its_parent_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    program, count = AWAY["a double fork in a session of its own"]
    worker = [sys.executable, "-c", f"{PRELUDE}{program}\ntime.sleep(600)", str(notes)]
    with subprocess.Popen([sys.executable, "-c", PARENT, *worker], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        guard = psutil.Process(int(parent.stdout.readline()))
        found = started(notes, count)
        parent.kill()
    psutil.wait_procs([guard], timeout=30)
    deadline_s = time.monotonic() + 30  # the orphan's last parent is nobody of ours, and reaps when it likes
    while not are_gone(found) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert are_gone(found)


def test_what_is_printed_without_end_is_kept_in_little_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    program = "line = b'x' * 79 + b'\\n'\nfor _ in range(50_000): os.write(2, line)\nos.write(2, b'the last words')"
    with guarded(tmp_path, program) as guard:
        assert guard.process.wait(60) == 0
        kept = guard.printed.read_bytes()
        assert len(kept) == KEPT_BYTES
        assert kept.endswith(b"x\nthe last words")


def test_a_worker_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with guarded(tmp_path, str(tmp_path / "nowhere"), text=False) as guard:
        assert guard.process.wait(30) != 0
        assert guard.worker == 0
        assert "nowhere" in guard.printed.read_text().splitlines()[-1]


@pytest.mark.parametrize("variable", ["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"])
def test_no_variable_that_is_meant_for_the_worker_reaches_it(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "os.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv(variable, str(tmp_path))
    with guarded(tmp_path, "/bin/true", text=False) as guard:
        assert guard.process.wait(30) == 0


def test_it_loads_next_to_nothing() -> None:
    """As a worker waits for it; the modules named take longer to import than all that it needs."""
    code = "import sys; from flopsbench.runs.bounds import guard; print(*sys.modules)"
    root = Path(__file__).parents[3]
    asked = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(root)!r}); {code}"]
    loaded = set(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split())
    assert not loaded & {"numpy", "psutil", "msgspec", "typing", "contextlib", "re", "subprocess", "dataclasses"}
