"""Ties processes to those that started them: ends one with its parent, all below one at once, a copy after its trial.

It reads /proc itself, where the others of this folder go through ``trees``: the process that guards a worker imports
this alone, and a worker waits for it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
PROCESSES = "/proc"
TRIAL_S = 20  # of what takes milliseconds
HOPELESS_S = 10.0  # a process that a killed driver call holds may never end


def die_with_parent() -> None:
    """Ask Linux to end this process with its parent: a killed parent cannot wake what it has suspended."""
    _ask_linux(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Ask Linux to make this process the parent of every process below it whose own parent ends.

    Nothing that is started below it can then leave it, by whatever forks and sessions. Other systems have no such call.
    """
    _ask_linux(PR_SET_CHILD_SUBREAPER, 1)


def _ask_linux(what: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(what, value)


def start_below(command: list[str], stderr: int) -> int:
    """Start a program in a session of its own, with all descriptors that may be inherited; return its number.

    ``stderr`` is the descriptor that its standard error goes to. Raise OSError where it cannot be started.
    """
    actions = [(os.POSIX_SPAWN_DUP2, stderr, 2)]
    usual = [signal.SIGPIPE, signal.SIGXFSZ]  # which Python ignores, and programs do not
    return os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setsid=True, setsigdef=usual)


def reaped() -> dict[int, int]:
    """Return the exit codes of children that have ended, once each, by number; negative is the signal that ended it."""
    codes = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            codes[found[0]] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        pass
    return codes


def below(pid: int) -> set[int]:
    """Return the numbers of all processes below one, those that have ended and were not reaped among them.

    Without Linux's /proc they are what psutil finds; there a process whose parent has ended is below nobody.
    """
    if sys.platform != "linux":
        return _below_by_psutil(pid)
    parents = {int(name): parent for name in _numbers() if (parent := _parent_of(name))}
    found, looked_at = {pid}, 0
    while len(found) > looked_at:
        looked_at = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def _numbers() -> list[str]:
    """Return the numbers of all processes; none where there is no /proc to show them."""
    try:
        return [name for name in os.listdir(PROCESSES) if name.isdecimal()]
    except OSError:
        return []


def _below_by_psutil(pid: int) -> set[int]:
    try:
        import psutil

        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except Exception:  # it is not there (a guard sees the packages beside flopsbench alone), or cannot tell
        return set()


def _parent_of(name: str) -> int:
    """Return the parent of a process, the second number behind its name in stat (proc(5)); 0 where it is gone."""
    try:
        with open(f"{PROCESSES}/{name}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def end_below() -> dict[int, int]:
    """End every process below this one, and return the exit codes of its children.

    All are stopped before the first is killed, so that none starts another meanwhile; what a killed one leaves is this
    process's own after ``adopt_orphans``, and has its turn in the next round. What cannot be killed is given up.
    """
    codes: dict[int, int] = {}
    hopeless_s = time.monotonic() + HOPELESS_S
    while (found := below(os.getpid())) and time.monotonic() < hopeless_s:
        for pid in found:
            send(pid, signal.SIGSTOP)
        for pid in found | below(os.getpid()):
            send(pid, signal.SIGKILL)
        codes |= reaped()
        time.sleep(0.001)
    return codes


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone, or another's."""
    try:  # noqa: SIM105 - contextlib takes longer to import than all else here
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def try_apart(work: Callable[[], object]) -> int:
    """Do in a throw-away copy of this process what might end it, and return how the copy ended: 0 if it came through.

    Negative is the signal that ended it, 1 that the work raised an error. Where no copy can be made nothing is known
    against the work: 0.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads, which the copy has not: it asks nothing of them
            pid = os.fork()
    except (AttributeError, OSError):
        return 0
    if pid == 0:
        _work_and_end(work)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _work_and_end(work: Callable[[], object]) -> None:
    """Do the work and end this process, in silence, without an image of its memory, and in time."""
    code = 1
    try:
        import faulthandler
        import resource

        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TRIAL_S)
        work()
        code = 0
    finally:
        os._exit(code)
