"""A process ends with the one that started it, even where nothing else would end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from flopsbench.errors import UsageError
from flopsbench.host import parent
from flopsbench.host.parent import KILL, EndedApart, ask_apart, below, end_at_once, import_safely, send

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
@pytest.mark.parametrize("look", [below, parent._below_by_psutil])
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
    send(2**22 + 1, parent.KILL)  # more than there can be


Step = Callable[[str], None]


@pytest.mark.process
def test_what_is_asked_apart_answers_and_leaves_nothing_behind() -> None:
    before = below(os.getpid())
    number, value = ask_apart(lambda step: (os.getpid(), {"a": [1.5, None]}))
    assert number != os.getpid()
    assert value == {"a": [1.5, None]}
    assert below(os.getpid()) == before


@pytest.mark.process
@pytest.mark.parametrize("error", [UsageError("no such size"), KeyError("key"), SystemExit(3), KeyboardInterrupt()])
def test_an_error_raised_apart_is_raised_here_with_its_trace(error: BaseException) -> None:
    def work(step: Step) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        ask_apart(work)
    assert caught.value.args == error.args
    assert "in work" in caught.value.__notes__[0]


@pytest.mark.process
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGILL), -signal.SIGILL),
        (end_at_once, -KILL),
        (os.abort, -signal.SIGABRT),
        (lambda: os._exit(0), 0),
        (lambda: os._exit(7), 7),
    ],
)
def test_who_ends_the_copy_is_told_with_the_step_it_was_at(end: Callable[[], None], code: int) -> None:
    def work(step: Step) -> None:
        step("first")
        step("second")
        end()

    with pytest.raises(EndedApart) as caught:
        ask_apart(work)
    assert (caught.value.step, caught.value.code) == ("second", code)


@pytest.mark.process
def test_what_lets_go_of_the_pipe_and_stays_is_ended() -> None:
    def work(step: Step) -> None:
        os.closerange(3, 256)
        signal.pause()

    with pytest.raises(EndedApart) as caught:
        ask_apart(work)
    assert caught.value.code == -KILL


def test_where_no_copy_can_be_made_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "NO_COPIES", (sys.platform,))
    assert ask_apart(lambda step: os.getpid()) == os.getpid()


@pytest.mark.process
def test_a_module_that_ends_the_process_is_an_import_error_and_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tried = tmp_path / "tried"
    source = f"import os; open({str(tried)!r}, 'a').write('x'); os.write(1, b'loading'); os.kill(os.getpid(), 4)"
    (tmp_path / "kills_who_imports_it.py").write_text(source)
    (tmp_path / "can_be_imported.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(2):
        with pytest.raises(ImportError, match=r"^died by signal 4$"):
            import_safely("kills_who_imports_it")
    assert tried.read_text() == "x"
    assert capfd.readouterr() == ("", "")
    assert import_safely("can_be_imported").value == 1
    monkeypatch.delitem(sys.modules, "can_be_imported")


def test_a_module_that_is_absent_is_not_tried() -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        import_safely("nowhere_to_be_found.deeper")


@pytest.mark.process
def test_a_copy_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "ANSWER_S", 1)
    with pytest.raises(EndedApart) as ended:
        ask_apart(lambda _: time.sleep(60))
    assert ended.value.code == -signal.SIGALRM


def test_what_is_tried_in_this_process_takes_nothing_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tried_here.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(parent, "NO_COPIES", (sys.platform,))
    import_safely("tried_here")
    os.write(1, b"heard")
    assert capfd.readouterr().out == "heard"
