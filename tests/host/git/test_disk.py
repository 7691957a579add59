"""What is on disk against what a commit holds: in honest checkouts of every form, and in those that want to hide it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench.errors import UsageError
from flopsbench.host.git.apart import apart
from flopsbench.host.git.checkout import find_checkout
from flopsbench.host.git.disk import changes
from flopsbench.host.git.program import GitFailed
from flopsbench.registry.change import since
from tests.registry.test_change import commit, git


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A checkout of three files in two folders, one of them a program, one a link."""
    return begun(tmp_path / "top")


def begun(folder: Path, *options: str) -> Path:
    (folder / "a").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", *options)
    (folder / "a/text").write_text("one\ntwo\n")
    (folder / "a/program").write_text("#!/bin/sh\n")
    (folder / "a/program").chmod(0o755)
    (folder / "b").mkdir()
    (folder / "b/link").symlink_to("../a/text")
    commit(folder)
    return folder


def seen(top: Path, base: str = "HEAD", *below: str) -> dict[str, str]:
    with apart(find_checkout(top)) as repository:
        return changes(repository, base, below)


def edit(top: Path) -> None:
    (top / "a/text").write_text("one\n2\n")


def become_folder(top: Path) -> None:
    (top / "a/text").unlink()
    (top / "a/text").mkdir()
    (top / "a/text/more").write_text("")


def become_pipe(top: Path) -> None:
    (top / "a/text").unlink()
    os.mkfifo(top / "a/text")


def link_folder(top: Path) -> None:
    """The same files, but they lie elsewhere."""
    (top / "a").rename(top.parent / "elsewhere")
    (top / "a").symlink_to(top.parent / "elsewhere")


def same_size_and_time(top: Path) -> None:
    status = (top / "a/text").stat()
    (top / "a/text").write_text("one\nTWO\n")
    os.utime(top / "a/text", ns=(status.st_atime_ns, status.st_mtime_ns))


def hidden_from_git(top: Path) -> None:
    git(top, "update-index", "--assume-unchanged", "a/text")
    edit(top)


def out_of_index(top: Path) -> None:
    git(top, "rm", "--quiet", "--cached", "a/text")
    edit(top)


@pytest.mark.clone
@pytest.mark.parametrize(
    ("change", "letters"),
    [
        (lambda top: None, {}),
        (lambda top: os.utime(top / "a/text", (0, 0)), {}),
        (edit, {"a/text": "M"}),
        (same_size_and_time, {"a/text": "M"}),
        (hidden_from_git, {"a/text": "M"}),
        (out_of_index, {"a/text": "M"}),
        (lambda top: (top / "a/text").unlink(), {"a/text": "D"}),
        (lambda top: (top / "a/text").chmod(0o755), {"a/text": "M"}),
        (lambda top: (top / "new").write_text(""), {"new": "A"}),
        (lambda top: os.mkfifo(top / "new"), {"new": "A"}),
        (become_pipe, {"a/text": "T"}),
        (become_folder, {"a/text": "D", "a/text/more": "A"}),
        (link_folder, {"a": "A", "a/text": "D", "a/program": "D"}),
    ],
)
def test_each_change_is_seen(change: Callable[[Path], object], letters: dict[str, str], top: Path) -> None:
    change(top)
    assert seen(top) == letters


@pytest.mark.clone
def test_only_what_is_asked_for_is_compared(top: Path) -> None:
    edit(top)
    (top / "b/new").write_text("")
    assert seen(top, "HEAD", "b") == {"b/new": "A"}
    assert seen(top, "HEAD", "a/text") == {"a/text": "M"}
    assert seen(top, "HEAD", "a/*") == {}


@pytest.mark.clone
@pytest.mark.parametrize("setting", ["true", "input", ""])
def test_lines_that_end_as_the_system_ends_them_are_no_change(setting: str, top: Path) -> None:
    if setting:
        git(top, "config", "core.autocrlf", setting)
    (top / "a/text").write_bytes(b"one\r\ntwo\r\n")
    assert seen(top) == {}
    (top / "a/text").write_bytes(b"one\r\n2\r\n")
    assert seen(top) == {"a/text": "M"}


@pytest.mark.clone
def test_lines_that_were_committed_with_another_end_are_a_change(top: Path) -> None:
    (top / "a/text").write_bytes(b"one\r\ntwo\r\n")
    commit(top)
    assert seen(top, "HEAD~1") == {"a/text": "M"}


@pytest.mark.clone
def test_where_files_have_no_modes_none_is_changed(top: Path) -> None:
    git(top, "config", "core.fileMode", "false")
    (top / "a/program").chmod(0o644)
    assert seen(top) == {}


@pytest.mark.clone
def test_what_is_wanted_nowhere_on_disk_is_not_deleted(top: Path) -> None:
    base = git(top, "rev-parse", "HEAD")
    git(top, "sparse-checkout", "set", "b")
    assert not (top / "a").exists()
    assert seen(top) == {}
    (top / "b/link").unlink()
    assert seen(top) == {"b/link": "D"}
    git(top, "sparse-checkout", "disable")
    edit(top)
    commit(top)
    git(top, "sparse-checkout", "set", "b")
    assert seen(top, base)["a/text"] == "M"


def linked(top: Path) -> Path:
    git(top, "worktree", "add", "--quiet", str(top.parent / "linked"), "-b", "linked")
    return top.parent / "linked"


def shallow(top: Path) -> Path:
    commit(top)
    git(top, "clone", "--quiet", "--depth=1", f"file://{top}", str(top.parent / "shallow"))
    return top.parent / "shallow"


def submodule(top: Path) -> Path:
    whole = begun(top.parent / "whole")
    git(whole, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(top), "part")
    return whole / "part"


def borrowed(top: Path) -> Path:
    git(top, "clone", "--quiet", "--shared", str(top), str(top.parent / "borrowed"))
    return top.parent / "borrowed"


def packed(top: Path) -> Path:
    git(top, "gc", "--quiet")
    git(top, "pack-refs", "--all")
    return top


def split(top: Path) -> Path:
    git(top, "update-index", "--split-index")
    assert list((top / ".git").glob("sharedindex.*"))
    return top


def odd(top: Path) -> Path:
    return top.rename(top.parent / 'odd "name"\n\\ of a folder: it;')


def digits_of_64(top: Path) -> Path:
    return begun(top.parent / "sha256", "--object-format=sha256")


@pytest.mark.clone
@pytest.mark.parametrize("form", [linked, shallow, submodule, borrowed, packed, split, odd, digits_of_64])
def test_an_honest_checkout_of_any_form_is_read(form: Callable[[Path], Path], top: Path) -> None:
    where = form(top)
    assert seen(where) == {}
    edit(where)
    assert seen(where) == {"a/text": "M"}
    commit(where)
    assert seen(where) == {}


@pytest.mark.clone
@pytest.mark.parametrize(
    "name", ["main", "origin/main", "v1", "@{upstream}", "FETCH_HEAD", "HEAD~0", "HEAD^{/Results}"]
)
def test_a_commit_may_be_named_as_git_allows(name: str, top: Path) -> None:
    git(top, "tag", "--annotate", "--message=v1", "v1")
    clone = top.parent / "clone"
    git(top, "clone", "--quiet", str(top), str(clone))
    git(clone, "fetch", "--quiet", "origin")
    with apart(find_checkout(clone)) as repository:
        assert repository.word("rev-parse", f"{name}^{{commit}}") == git(top, "rev-parse", "HEAD")


@pytest.mark.clone
def test_a_checkout_of_another_user_is_refused_in_the_words_of_git(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid():
        pytest.skip("only root may give a file away")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(top.parent / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    shutil.chown(top / ".git", user=12345)
    with pytest.raises(GitFailed, match=r"^fatal: detected dubious ownership in repository at "):
        find_checkout(top)
    git(top.parent, "config", "--global", "safe.directory", str(top))  # as the user may say
    assert seen(top) == {}


def pipe(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.clone
@pytest.mark.parametrize(
    "name", ["HEAD", "config", "packed-refs", "refs/tags/x", "shallow", "FETCH_HEAD", "commondir", "index"]
)
def test_no_pipe_is_waited_for(name: str, top: Path) -> None:
    pipe(top / ".git" / name)
    with pytest.raises(UsageError, match=rf"^--changed needs a git checkout \(\S+/{name} is no regular file\)"):
        since("HEAD", [top])


@pytest.mark.clone
@pytest.mark.parametrize("name", ["info/alternates", "pack/x.idx", "pack/x.pack"])
def test_no_pipe_among_objects_is_waited_for(name: str, top: Path) -> None:
    pipe(top / ".git/objects" / name)
    with pytest.raises(UsageError, match="is no regular file"):
        since("HEAD", [top])


@pytest.mark.clone
def test_what_git_waits_for_ends_in_time(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = git(top, "rev-parse", "HEAD")
    pipe(top / ".git/objects" / digits[:2] / digits[2:])
    monkeypatch.setattr("flopsbench.host.git.program.TIMEOUT_S", 0.5)
    with pytest.raises(UsageError, match="does not answer"):
        since("HEAD", [top])


@pytest.mark.clone
@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "config.lock"])
def test_a_lock_keeps_nobody_from_reading(name: str, top: Path) -> None:
    (top / ".git" / name).touch()
    edit(top)
    assert seen(top) == {"a/text": "M"}


@pytest.mark.clone
@pytest.mark.parametrize("text", ["gitdir: nowhere\n", "gitdir: ../top\n", "nonsense", "gitdir: \0\n", ""])
def test_a_git_file_that_leads_nowhere_is_a_sentence(text: str, top: Path) -> None:
    (top / "sub").mkdir()
    (top / "sub/.git").write_text(text)
    with pytest.raises(GitFailed, match=r"names no folder of git|lacks its objects"):
        find_checkout(top / "sub")


@pytest.mark.clone
def test_without_git_there_is_a_sentence(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(top))
    with pytest.raises(UsageError, match=r"^--changed needs a git checkout \(git is not installed or does not"):
        since("HEAD", [top])
