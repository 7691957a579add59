"""Git as flopsbench runs it: in the folder it is told, whatever variables the caller has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flopsbench.host.git.program import SPEAKS_FOR_USER, gh, git, git_words, own_environment
from flopsbench.host.git.tool import TOP, tool_commit


def plain_git(folder: Path, *arguments: str) -> str:
    """What the real git says, without any variable that sends it elsewhere."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=clean).stdout.strip()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A repository of another project, with a commit."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    plain_git(folder, "init", "-q")
    (folder / "file").write_text("another project\n")
    plain_git(folder, "add", ".")
    plain_git(folder, "commit", "-qm", "another project")
    return folder


@pytest.fixture
def in_a_hook(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a git hook of another project finds: variables that name its repository, work tree and index."""
    monkeypatch.chdir(elsewhere)
    for name, value in {
        "GIT_DIR": elsewhere / ".git",
        "GIT_WORK_TREE": elsewhere,
        "GIT_INDEX_FILE": elsewhere / ".git/index",
        "GIT_PREFIX": "",
    }.items():
        monkeypatch.setenv(name, str(value))
    return elsewhere


@pytest.mark.clone
def test_in_a_hook_of_another_project_the_commit_is_flopsbenchs_own(in_a_hook: Path) -> None:
    commit = tool_commit()
    assert commit != plain_git(in_a_hook, "rev-parse", "HEAD")
    if (TOP / ".git").exists():
        assert commit is not None
        assert commit.removesuffix("+") == plain_git(TOP, "rev-parse", "HEAD")
    else:
        assert commit is None


@pytest.mark.clone
@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_each_variable_alone_changes_nothing(name: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = tool_commit()
    monkeypatch.setenv(name, str(elsewhere / ".git"))
    assert tool_commit() == expected


@pytest.mark.clone
def test_git_looks_into_the_folder_it_is_told(in_a_hook: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    plain_git(other, "init", "-q")
    done = git(["rev-parse", "--show-toplevel"], other, {})
    assert done
    assert done.stdout.decode().strip() == str(other.resolve())


@pytest.mark.clone
def test_variables_that_are_local_to_a_repository_are_dropped() -> None:
    """As git lists them itself, but for settings, by which a machine may be told whom to trust."""
    local = {name for name in plain_git(TOP, "rev-parse", "--local-env-vars").split() if "CONFIG" not in name}
    assert [name for name in local if not SPEAKS_FOR_USER.match(name)] == []


@pytest.mark.clone
def test_what_is_started_beside_git_is_not_sent_elsewhere_either(in_a_hook: Path) -> None:
    assert not {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} & own_environment().keys()
    assert own_environment()["PATH"] == os.environ["PATH"]


@pytest.mark.clone
@pytest.mark.parametrize("change", ["edited", "staged", "new and staged", "deleted"])
def test_a_commit_with_changes_has_a_plus(change: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.host.git.tool.TOP", elsewhere)
    (elsewhere / "untracked").write_text("no part of it\n")
    commit = plain_git(elsewhere, "rev-parse", "HEAD")
    assert tool_commit() == commit
    (elsewhere / ("new" if "new" in change else "file")).write_text("another\n")
    if "staged" in change:
        plain_git(elsewhere, "add", "-u", "--", ".") if change == "staged" else plain_git(elsewhere, "add", "new")
    if change == "deleted":
        (elsewhere / "file").unlink()
    assert tool_commit() == f"{commit}+"


@pytest.mark.clone
def test_programs_that_are_not_installed_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (git(["status"], tmp_path, {}), gh(["auth", "status"], tmp_path)) == (None, None)


def test_a_command_for_a_person_runs_no_hook_and_names_the_folder(tmp_path: Path) -> None:
    assert git_words(tmp_path) == ("git", "-c", "core.hooksPath=/dev/null", "-C", str(tmp_path))
