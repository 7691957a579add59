"""Ties processes to those that started them: ends one with its parent, all below one at once, a copy with its answer.

It reads /proc itself, where the others of this folder go through ``trees``: the process that guards a worker imports
this alone, and a worker waits for it.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import IO, Any, TypeVar

    T = TypeVar("T")

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
PROCESSES = "/proc"
TRIAL_S = 20  # of what takes milliseconds
ANSWER_S = 120  # of what takes seconds, and may wait for ever for a lock that a thread held while it was copied
NO_COPIES = ("darwin",)  # whose own libraries do not work in a copy
HOPELESS_S = 10.0  # a process that a killed driver call holds may never end
# Whether processes have sessions and groups, and inherit descriptors that they are handed: everywhere but on Windows.
IS_POSIX = hasattr(os, "posix_spawnp") and hasattr(os, "killpg")
CAN_SUSPEND = IS_POSIX and hasattr(signal, "SIGSTOP")
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # by the latter Windows ends a process as surely
# The signals that ask for an end, of those that this system has.
ASKING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def die_with_parent() -> None:
    """Ask Linux to end this process with its parent: a killed parent cannot wake what it has suspended."""
    _ask_linux(PR_SET_PDEATHSIG, KILL)


def adopt_orphans() -> None:
    """Ask Linux to make this process the parent of every process below it whose own parent ends.

    Nothing that is started below it can then leave it, by whatever forks and sessions. Other systems have no such call.
    """
    _ask_linux(PR_SET_CHILD_SUBREAPER, 1)


def _ask_linux(what: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

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


def end_below(leader: int) -> dict[int, int]:
    """End every process below this one, and return the exit codes of its children.

    All are stopped before the first is killed, so that none starts another meanwhile; what a killed one leaves is this
    process's own after ``adopt_orphans``, and has its turn in the next round. What cannot be killed is given up.
    Without Linux's /proc it is the session that ``leader`` leads.
    """
    codes: dict[int, int] = {}
    if sys.platform != "linux":
        end_session(leader)
    hopeless_s = time.monotonic() + HOPELESS_S
    while (found := below(os.getpid())) and time.monotonic() < hopeless_s:
        if CAN_SUSPEND:
            for pid in found:
                send(pid, signal.SIGSTOP)
        for pid in found | below(os.getpid()):
            send(pid, KILL)
        codes |= reaped()
        time.sleep(0.001)
    return codes


def end_session(leader: int) -> None:
    """End a process with all of its session; where there are none, with all that is found below it."""
    if not IS_POSIX:
        for pid in (*below(leader), leader):
            send(pid, KILL)
        return
    try:  # noqa: SIM105 - contextlib takes longer to import than all else here
        os.killpg(leader, KILL)
    except OSError:  # it is gone
        pass


def end_at_once() -> None:
    """End this process where it is: an exception would have to pass through the code of others."""
    os.kill(os.getpid(), KILL)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone, or another's."""
    try:  # noqa: SIM105 - contextlib takes longer to import than all else here
        os.kill(pid, number)
    except OSError:  # Windows tells both by one that is none of the usual
        pass


def try_apart(work: Callable[[], object]) -> int:
    """Do in a throw-away copy of this process what might end it, and return how the copy ended: 0 if it came through.

    Negative is the signal that ended it, 1 that the work raised an error. Where no copy can be made nothing is known
    against the work: 0.
    """
    try:
        pid = _fork()
    except (AttributeError, OSError):
        return 0
    if pid == 0:
        _work_and_end(work)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _work_and_end(work: Callable[[], object]) -> None:
    """Do the work and end this process, in silence, without an image of its memory, and in time."""
    code = 1
    try:
        _be_silent()
        _end_quietly_within(TRIAL_S)
        work()
        code = 0
    finally:
        os._exit(code)


class EndedApart(Exception):
    """An EndedApart means that a copy of this process ended before it answered: in which ``step``, by which ``code``.

    The code is an exit code, negative for the signal that ended it.
    """

    def __init__(self, step: str, code: int) -> None:
        super().__init__(f"died by signal {-code}" if code < 0 else f"ended with exit code {code}")
        self.step, self.code = step, code


def ask_apart(work: Callable[[Callable[[str], None]], T], silent: bool = False) -> T:
    """Return what the work returns in a throw-away copy of this process; raise EndedApart where it ends the copy.

    The work calls what it is given with the name of each step that it begins. Its answer comes pickled, and so does the
    error that it raises. What a ``silent`` copy prints goes nowhere. Where no copy can be made it is done in this
    process.
    """
    if sys.platform in NO_COPIES or not hasattr(os, "fork"):
        return work(_ignore)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as answers, os.fdopen(writing, "wb") as told:
        try:
            pid = _fork()
        except OSError:
            return work(_ignore)
        if pid == 0:
            _answer_and_end(work, told, silent)
        step, code = "", 0
        try:
            told.close()
            for kind, value in _messages(answers):
                if kind == "error":
                    raise value
                if kind == "answer":
                    return value  # type: ignore[no-any-return]  # what the work has returned
                step = value
        finally:
            send(pid, KILL)  # which changes no more how one ends that has let go of the pipe
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    raise EndedApart(step, code)


def _ignore(_: str) -> None:
    """Do nothing with the name of a step: nobody asks for it."""


def import_safely(name: str) -> ModuleType:
    """Import a module, in a copy of this process first; raise ImportError where it would end the process, or exits.

    A library ends it that was built for another processor, for example. Each module is tried once.
    """
    import importlib
    from importlib.util import find_spec

    if name not in sys.modules and name not in _TRIED and find_spec(name.partition(".")[0]) is not None:
        try:
            _TRIED[name] = ask_apart(lambda _: _try_to_import(name), silent=True)
        except EndedApart as end:
            _TRIED[name] = str(end)
    if _TRIED.get(name):
        raise ImportError(_TRIED[name])
    try:
        return importlib.import_module(name)
    except SystemExit as error:
        raise ImportError(f"SystemExit: {error}") from error


_TRIED: dict[str, str] = {}  # how the import of a module ends the process, "" where it does not


def _try_to_import(name: str) -> str:
    """Import a module; any error it raises is left to whoever imports it next."""
    import importlib

    try:  # noqa: SIM105 - contextlib takes longer to import than all else here
        importlib.import_module(name)
    except BaseException:
        pass
    return ""


def _fork() -> int:
    """Copy this process: return the number of the copy, and 0 in the copy itself."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which the copy has not: it asks nothing of them
        return os.fork()


def _answer_and_end(work: Callable[[Callable[[str], None]], object], told: IO[bytes], silent: bool) -> None:
    """Do the work, tell of its steps and what it returns or raises, and end this process."""
    import pickle

    def tell(kind: str, value: object) -> None:
        told.write(pickle.dumps((kind, value)))
        told.flush()

    try:
        die_with_parent()
        _end_quietly_within(ANSWER_S)
        if silent:
            _be_silent()
        try:
            tell("answer", work(lambda step: tell("step", step)))
        except BaseException as error:
            import traceback

            error.add_note(traceback.format_exc())
            tell("error", error)
    finally:
        os._exit(0)


def _messages(answers: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield what a copy tells until it ends, perhaps in the middle of a word."""
    import pickle

    while True:
        try:
            yield pickle.load(answers)
        except (EOFError, pickle.UnpicklingError):
            return


def _end_quietly_within(limit_s: int) -> None:
    """Let this copy end after so many seconds at the latest, and leave no trace and no image where it is killed."""
    import faulthandler

    faulthandler.disable()
    leave_no_core()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limit_s)


def _be_silent() -> None:
    """Let what this process prints go nowhere."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)


def leave_no_core() -> None:
    """Write no image of this process's memory where it is killed."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
