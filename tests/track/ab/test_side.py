"""Tests sides made ready: other interpreters, other environments, commits installed and removed again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flopsbench.errors import UsageError
from flopsbench.runs.messages import Request, Started
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of
from flopsbench.track.ab.commit import InstallFailed
from flopsbench.track.ab.side import check_spec, prepared
from flopsbench.track.ab.spec import parse_spec

OPTIONS = options_of(["cpu"], ["numpy"], ["fp64"], ["64"])


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository of two commits, each of which installs a value of its own for its processes to see."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q")
    for number in ("1", "2"):
        (folder / "speed.py").write_text(f"SPEED = {number}\n")
        git("add", ".")
        git("commit", "-qm", number)
    return folder


INSTALL = "cp speed.py $(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')"


def test_here_is_this_interpreter_and_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", "yes")
    with prepared(parse_spec("here"), OPTIONS) as side:
        assert (side.python, side.environment["PLANTED"], side.options) == (sys.executable, "yes", OPTIONS)


def test_a_side_adds_variables_and_narrows_the_options() -> None:
    with prepared(parse_spec("env=PLANTED=1,backend=torch,kernel=matmul"), OPTIONS) as side:
        assert side.environment["PLANTED"] == "1"
        assert (side.options.backends, side.options.kernels) == (["torch"], ["matmul"])


@pytest.mark.clone
def test_a_virtual_environment_stands_for_its_interpreter() -> None:
    with prepared(parse_spec(f"python={sys.prefix}"), OPTIONS) as side:
        assert side.python == str(Path(sys.prefix) / "bin" / "python")


@pytest.mark.clone
def test_an_interpreter_without_flopsbench_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'ModuleNotFoundError: No module named flopsbench' >&2\nexit 1\n")
    bare.chmod(0o755)
    with (
        pytest.raises(UsageError, match=r"flopsbench cannot start there .*No module named"),
        prepared(parse_spec(f"python={bare}"), OPTIONS),
    ):
        pass


def test_what_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="neither an interpreter nor"),
        prepared(parse_spec(f"python={tmp_path}"), OPTIONS),
    ):
        pass


@pytest.mark.clone
def test_each_commit_is_installed_on_its_own_and_nothing_is_left_behind(project: Path) -> None:
    trees = git("worktree", "list")
    for revision, expected in (("HEAD~1", "1"), ("main", "2")):
        with prepared(parse_spec(f"git={revision}"), OPTIONS, INSTALL) as side:
            code = "import speed, flopsbench; print(speed.SPEED)"
            seen = subprocess.run([side.python, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
            folder = Path(side.python).parents[2]
            assert (seen.strip(), folder.is_dir()) == (expected, True)
            with ParentReferee() as referee, side.start(Request(OPTIONS, "ab", 1, only=[]), referee) as worker:
                assert isinstance(next(worker.events()), Started)
        assert not folder.exists()
    assert git("worktree", "list") == trees


@pytest.mark.clone
@pytest.mark.parametrize("pip", ["pip", "pip3", "python -m pip"])
def test_pip_installs_into_the_commits_own_environment(project: Path, pip: str) -> None:
    with prepared(parse_spec("git=HEAD"), OPTIONS, f'{pip} config debug | grep -q "$VIRTUAL_ENV"'):
        pass


@pytest.mark.clone
def test_a_program_that_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").write_bytes(b"\0")
    (tmp_path / "python").chmod(0o755)
    spec = parse_spec(f"python={tmp_path / 'python'}")
    with pytest.raises(UsageError, match="cannot be started"), prepared(spec, OPTIONS):
        pass


@pytest.mark.clone
def test_a_side_is_tried_with_its_own_variables(tmp_path: Path) -> None:
    picky = tmp_path / "python"
    picky.write_text('#!/bin/sh\ntest "$KEY" = fits\n')
    picky.chmod(0o755)
    with prepared(parse_spec(f"python={picky},env=KEY=fits"), OPTIONS) as side:
        assert side.python == str(picky)
    with pytest.raises(UsageError, match="cannot start there"), prepared(parse_spec(f"python={picky}"), OPTIONS):
        pass


@pytest.mark.clone
def test_both_sides_can_be_checked_before_anything_is_installed(project: Path) -> None:
    check_spec(parse_spec("git=HEAD"))
    check_spec(parse_spec("here"))
    for text in ("git=nowhere", "python=nowhere"):
        with pytest.raises(UsageError, match="nowhere"):
            check_spec(parse_spec(text))


@pytest.mark.clone
def test_an_interrupted_install_leaves_nothing_running(project: Path) -> None:
    program = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where a shell began us with &
        "from flopsbench.track.ab.commit import installed\n"
        "with installed('HEAD', 'echo $$ > ../pid; sleep 600; true'): pass"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(project.parent)}
    )
    while not (found := list(project.parent.glob("flopsbench-*/pid"))) or not found[0].read_text().strip():
        time.sleep(0.05)
    shell = psutil.Process(int(found[0].read_text()))
    family = [shell, *shell.children()]
    running.send_signal(signal.SIGINT)
    running.wait(60)
    assert not psutil.wait_procs(family, timeout=30)[1]
    assert not list(project.parent.glob("flopsbench-*"))


@pytest.mark.clone
def test_a_commit_that_is_not_there_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="no such commit"), prepared(parse_spec("git=nowhere"), OPTIONS, INSTALL):
        pass


@pytest.mark.clone
def test_an_option_in_place_of_a_commit_is_only_a_commit_that_is_not_there(project: Path) -> None:
    with pytest.raises(UsageError, match="no such commit"), prepared(parse_spec("git=--all"), OPTIONS, INSTALL):
        pass


@pytest.mark.clone
def test_a_failing_install_shows_its_last_words_and_cleans_up(project: Path) -> None:
    with (
        pytest.raises(InstallFailed, match=r"failed with 7:\nno compiler"),
        prepared(parse_spec("git=HEAD"), OPTIONS, "echo no compiler; exit 7"),
    ):
        pass
    assert len(git("worktree", "list").splitlines()) == 1
