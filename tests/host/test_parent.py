"""A process ends with the one that started it, even where nothing else would end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from flopsbench.host.parent import _below_by_psutil, below, send

WAITS = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"

CHILD = """
import signal, time
from flopsbench.host.parent import die_with_parent
signal.signal(signal.SIGHUP, signal.SIG_IGN)
die_with_parent()
print("asked", flush=True)
time.sleep(600)
"""
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_process_ends_with_its_parent() -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=root, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    with suppress(psutil.NoSuchProcess):
        child.wait(30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.process
@pytest.mark.parametrize("look", [below, _below_by_psutil])
def test_all_processes_below_one_are_found_by_either_way(look: Callable[[int], set[int]]) -> None:
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAITS!r}])"
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        assert {parent.pid, grandchild} <= look(os.getpid())
        assert look(parent.pid) == {grandchild}
        assert look(grandchild) == set()
        os.kill(grandchild, signal.SIGKILL)
    assert look(parent.pid) == set()


def test_a_signal_to_one_that_is_gone_is_no_error() -> None:
    send(2**22 + 1, signal.SIGKILL)  # more than there can be
