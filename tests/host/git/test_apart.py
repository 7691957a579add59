"""A checkout of somebody one does not trust: git runs nothing of it, whatever flopsbench asks. Plain git would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.host.git.tool import tool_commit
from flopsbench.registry import pull_request
from flopsbench.registry.change import since
from flopsbench.registry.pull_request import Contribution, GitHub
from flopsbench.result.types import Source
from flopsbench.track.ab import commit
from flopsbench.track.history.commits import read_commits
from tests.documents import result
from tests.host.git.canaries import ADDRESSES, CANARIES, plain, plant, use_plainly
from tests.registry.test_contribution import Gh, change, clone, gh, git, published, surroundings

__all__ = ["change", "clone", "gh", "surroundings"]  # fixtures
TARGET = GitHub("octo/flopsbench", "octo", "origin")
EVERYTHING = CANARIES | ADDRESSES


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """Where programs that ran leave their names."""
    folder = tmp_path / "ran"
    folder.mkdir()
    return folder


@pytest.fixture
def stranger(clone: Path, gh: Gh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with another file, in which gh asks git as the real one does."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}/usr/bin{os.pathsep}/bin")
    (clone / "file").write_text("content\n")
    plain(clone, "add", "file")
    plain(clone, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "file")
    plain(clone, "push", "--quiet", "origin", "main")
    program = tmp_path / "gh/gh"
    asks = 'subprocess.run("git status; git remote -v; git fetch", shell=True, capture_output=True)\nfolder = '
    program.write_text(program.read_text().replace("folder = ", asks, 1))
    return clone


def ask_everything(stranger: Path, change: Contribution, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """All that asks git about a checkout: validate --changed, run, ab and submit, with files that may have changed."""
    monkeypatch.chdir(stranger)
    monkeypatch.setattr("flopsbench.host.git.tool.TOP", stranger)
    for path in (stranger / "file", stranger / "results/README.md"):
        os.utime(path, (0, 0))
    yield since("HEAD", [stranger])
    yield tool_commit()
    yield commit.find_commit("HEAD")
    measured = result(source=Source(commit=commit.find_commit("HEAD")))
    yield read_commits([measured], stranger).between(measured.source.commit, measured.source.commit)
    with suppress(FlopsbenchError):
        commit._check_out(commit.find_commit("HEAD"), stranger.parent / "tree")
    yield pull_request.github_user()
    yield pull_request.find_registry(stranger)
    yield pull_request.missing(change), pull_request.is_merged(change), pull_request.address(change)
    yield pull_request.github(stranger)


@pytest.mark.process
@pytest.mark.parametrize("name", EVERYTHING)
def test_plain_git_runs_what_a_checkout_names(name: str, stranger: Path, ran: Path) -> None:
    plant(stranger, name, EVERYTHING[name], ran)
    use_plainly(stranger, EVERYTHING[name])
    assert [each.name for each in ran.iterdir()] == [name]


@pytest.mark.process
def test_flopsbench_runs_nothing_of_a_checkout(
    stranger: Path, change: Contribution, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, canary in CANARIES.items():
        plant(stranger, name, canary, ran)
    for path in ran.iterdir():  # planting one may have run another
        path.unlink()
    assert len(list(ask_everything(stranger, change, monkeypatch))) == 8
    assert pull_request.propose(change, TARGET) == "https://github.com/octo/flopsbench/pull/7"
    published(change, tmp_path / "octo/flopsbench.git")
    assert list(ran.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize("name", EVERYTHING)
def test_each_alone_does_not_run(
    name: str, stranger: Path, change: Contribution, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(stranger, name, EVERYTHING[name], ran)
    for path in ran.iterdir():
        path.unlink()
    assert list(ask_everything(stranger, change, monkeypatch))
    head = git(stranger, "symbolic-ref", "HEAD") if name in ADDRESSES else ""
    if name in ADDRESSES:
        with pytest.raises(UsageError, match="git failed, nothing was changed: "):
            pull_request.propose(change, TARGET)
        assert (stranger / ".git/HEAD").read_text() == f"ref: {head}\n"
        assert not list((stranger / ".git/refs/heads").glob("result*"))
    else:
        pull_request.propose(change, TARGET)
    assert list(ran.iterdir()) == []


@pytest.mark.clone
def test_a_bare_repository_among_the_files_is_not_where_git_looks(stranger: Path, ran: Path) -> None:
    """A folder with HEAD, objects, refs and config, as a clone can bring it: plain git takes it for its own."""
    folder = stranger / "results/v1"
    plain(stranger, "init", "--quiet", "--bare", str(folder))
    program = ran.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}/fsmonitor\n")
    program.chmod(0o755)
    for key, value in (("core.fsmonitor", str(program)), ("core.worktree", str(folder)), ("core.bare", "false")):
        plain(stranger, "config", "--file", str(folder / "config"), key, value)
    subprocess.run(["git", "status"], cwd=folder, capture_output=True)
    assert [each.name for each in ran.iterdir()] == ["fsmonitor"]
    (ran / "fsmonitor").unlink()
    assert pull_request.checkout_around(folder) == stranger
    assert str(folder / "config") in since("HEAD", [folder]).changed
    assert list(ran.iterdir()) == []


@pytest.mark.clone
@pytest.mark.parametrize("which", ["nested", "submodule"])
def test_a_repository_among_the_files_is_not_looked_into(which: str, stranger: Path, ran: Path) -> None:
    other = stranger / "results/other"
    plain(stranger, "clone", "--quiet", str(stranger), str(other))
    if which == "submodule":
        plain(stranger, "-c", "advice.addEmbeddedRepo=false", "add", "results/other")
        plain(stranger, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "other")
    plant(other, "core.fsmonitor", CANARIES["core.fsmonitor"], ran)
    (other / "file").write_text("changed\n")
    found = since("HEAD~1" if which == "submodule" else "HEAD", [stranger / "results"])
    assert found.changed >= {str(other)}
    assert list(ran.iterdir()) == []
