"""What submit cannot finish leaves the checkout as it was, byte for byte: branches, HEAD, index, files and settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flopsbench.errors import UsageError
from flopsbench.host.git import landing
from flopsbench.registry import pull_request
from flopsbench.registry.pull_request import Contribution, GitHub
from tests.registry.test_contribution import Gh, change, clone, gh, git, hook, published, surroundings

__all__ = ["change", "clone", "gh", "surroundings"]  # fixtures
TARGET = GitHub("octo/flopsbench", "octo", "origin")
NOTHING_CHANGED = "^git failed, nothing was changed: "
HUGE = 2**30
WHO = ("-c", "user.name=t", "-c", "user.email=t@localhost")


def state(top: Path) -> dict[str, object]:
    """Everything in a checkout that is a file, a link or a pipe, with what it holds."""
    return {str(path.relative_to(top)): _held(path) for path in sorted(top.rglob("*"))}


def _held(path: Path) -> object:
    if path.is_symlink():
        return os.readlink(path)
    return path.read_bytes() if path.is_file() and path.stat().st_size < HUGE else path.stat().st_mode


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of which none is to be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def lock(name: str) -> Callable[[Contribution], None]:
    def do(change: Contribution) -> None:
        path = change.top / ".git" / name.format(branch=change.branch)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    return do


def pipe(name: str) -> Callable[[Contribution], None]:
    def do(change: Contribution) -> None:
        path = change.top / ".git" / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return do


def holds(name: str, text: str) -> Callable[[Contribution], None]:
    return lambda change: (change.top / ".git" / name).write_text(text) and None


def origin_of(change: Contribution) -> Path:
    return change.top.parent / "octo/flopsbench.git"


def huge(change: Contribution) -> None:
    with (change.top / ".git/config").open("ab") as file:
        file.truncate(HUGE)


def linked_nowhere(change: Contribution) -> None:
    (change.top / ".git").rename(change.top / "elsewhere")
    (change.top / ".git").write_text("gitdir: nowhere\n")


def local_change(change: Contribution) -> None:
    """What is checked out is not where the branch begins, and a file that differs has a change of the user's."""
    (change.top / "results/README.md").write_text("one\n")
    git(change.top, *WHO, "commit", "--quiet", "--all", "--message", "mine")
    (change.top / "results/README.md").write_text("two\n")


def occupied(change: Contribution) -> None:
    git(change.top, "branch", f"{change.branch}/more")


FAULTS: dict[str, tuple[Callable[[Contribution], object], str]] = {
    "index.lock": (lock("index.lock"), r"index\.lock is there: another git is at work"),
    "HEAD.lock": (lock("HEAD.lock"), r"HEAD\.lock is there"),
    "branch.lock": (lock("refs/heads/{branch}.lock"), r"result-0123\.lock is there"),
    "packed-refs.lock": (lock("packed-refs.lock"), r"packed-refs\.lock is there"),
    "config.lock": (lock("config.lock"), r"config\.lock is there"),
    "a merge": (lock("MERGE_HEAD"), "MERGE_HEAD is there: finish or abort that first"),
    "HEAD a pipe": (pipe("HEAD"), "HEAD is no regular file"),
    "config a pipe": (pipe("config"), "config is no regular file"),
    "index a pipe": (pipe("index"), "index is no regular file"),
    "branch a pipe": (pipe("refs/heads/pipe"), "pipe is no regular file"),
    "packed-refs a pipe": (pipe("packed-refs"), "packed-refs is no regular file"),
    "HEAD nonsense": (holds("HEAD", "nonsense\n"), "HEAD names neither a branch nor a commit"),
    "HEAD elsewhere": (holds("HEAD", "ref: refs/../../etc/passwd\n"), "HEAD names neither a branch nor a commit"),
    "config nonsense": (holds("config", "[nonsense\n"), "fatal: bad config line 1 in file "),
    "config huge": (huge, "config is larger than 64 MiB"),
    "branches in a table": (
        holds("config", "[extensions]\n\trefStorage = reftable\n"),
        "keeps its branches in a form that flopsbench does not read",
    ),
    ".git nowhere": (linked_nowhere, "names no folder of git"),
    "changes of the user's": (local_change, "error: Entry 'results/README.md' not uptodate"),
    "branch occupied": (occupied, "result-0123/more' exists"),
    "remote gone": (lambda change: shutil.rmtree(origin_of(change)), "does not appear to be a git repository"),
    "remote refuses": (lambda change: hook(origin_of(change) / "hooks/pre-receive"), "remote: not like this"),
    "no remote": (lambda change: git(change.top, "remote", "remove", "origin"), "No such remote 'origin'"),
}


@pytest.mark.clone
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_before_or_in_the_push_changes_nothing(
    fault: str, change: Contribution, gh: Gh, temporary: Path
) -> None:
    cause, sentence = FAULTS[fault]
    cause(change)
    before = state(change.top)
    with pytest.raises(UsageError, match=NOTHING_CHANGED) as told:
        pull_request.propose(change, TARGET)
    assert sentence.replace(r"\.", ".") in str(told.value)
    assert "\n" not in str(told.value)
    assert state(change.top) == before
    assert list(temporary.iterdir()) == []
    if fault != "remote gone":
        assert git(origin_of(change), "branch", "--format=%(refname:short)") == "main"


@pytest.mark.clone
def test_without_the_fault_it_is_proposed_and_nothing_is_left(change: Contribution, gh: Gh, temporary: Path) -> None:
    pull_request.propose(change, TARGET)
    published(change, origin_of(change))
    assert list(temporary.iterdir()) == []
    assert not [path for path in change.top.rglob("*") if path.name.endswith((".lock", ".partial"))]
    assert git(change.top, "status", "--porcelain") == ""
    assert git(change.top, "fsck", "--strict") == ""
    assert git(change.top, "rev-parse", "--abbrev-ref", "@{upstream}") == f"origin/{change.branch}"
    git(change.top, "switch", "--quiet", "-")
    assert git(change.top, "branch", "--show-current") == "main"


@pytest.mark.clone
def test_no_temporary_folder_is_a_sentence(change: Contribution, gh: Gh, temporary: Path) -> None:
    temporary.rmdir()
    before = state(change.top)
    with pytest.raises(UsageError, match="no temporary folder can be made"):
        pull_request.propose(change, TARGET)
    assert state(change.top) == before


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def mount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}/usr/bin{os.pathsep}/bin{os.pathsep}/sbin")


@pytest.mark.clone
def test_a_full_disk_for_temporary_files_changes_nothing(
    change: Contribution, gh: Gh, mount: None, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    change = change._replace(files={path: os.urandom(2**17) for path in change.files})
    before = state(change.top)
    with pytest.raises(UsageError, match=NOTHING_CHANGED):
        pull_request.propose(change, TARGET)
    assert state(change.top) == before
    assert list(full.iterdir()) == []


@pytest.mark.clone
def test_a_git_folder_that_cannot_be_written_changes_nothing(
    change: Contribution, gh: Gh, mount: None, full: Path
) -> None:
    shutil.rmtree(change.top / ".git/hooks")
    shutil.move(change.top / ".git", full / ".git")
    (change.top / ".git").symlink_to(full / ".git")
    subprocess.run(["mount", "-o", "remount,ro", str(full)], check=True)
    before = state(change.top), state(full)
    with pytest.raises(UsageError, match=rf"{NOTHING_CHANGED}\S+ cannot be written"):
        pull_request.propose(change, TARGET)
    assert (state(change.top), state(full)) == before
    assert git(origin_of(change), "branch", "--format=%(refname:short)") == "main"


@pytest.mark.clone
@pytest.mark.parametrize("left", [0, 4096, 8192, 16384])
def test_a_full_disk_under_the_checkout_leaves_it_as_it_was(
    left: int, change: Contribution, gh: Gh, mount: None, full: Path
) -> None:
    """After the push: the pull request is there, and the checkout tells nothing of it."""
    clone, (path,) = full / "clone", change.files
    shutil.rmtree(change.top / ".git/hooks")
    shutil.move(change.top, clone)
    files = {clone / path.relative_to(change.top): os.urandom(2**14)}
    with (full / "filler").open("wb") as file:
        while chunk := min(4096, max(0, shutil.disk_usage(full).free - left)):
            file.write(b"x" * chunk)
            file.flush()
    before = state(clone)
    with pytest.raises(UsageError, match="cannot be written"):
        pull_request.propose(change._replace(top=clone, files=files), TARGET)
    assert state(clone) == before


@pytest.mark.clone
@pytest.mark.parametrize("step", ["_copy_objects", "_index", "_fill"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("is_behind", [False, True])
def test_whatever_fails_after_the_push_leaves_the_checkout_as_it_was(
    step: str,
    error: BaseException,
    is_behind: bool,
    change: Contribution,
    gh: Gh,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_behind:  # the work tree changes with the branch
        (change.top / "results/README.md").write_text("# mine\n")
        (change.top / "mine").write_text("mine\n")
        git(change.top, "add", "--all")
        git(change.top, *WHO, "commit", "--quiet", "--message", "mine")
    real = getattr(landing, step)

    def fails(*arguments: object) -> object:
        real(*arguments)
        raise error

    monkeypatch.setattr(landing, step, fails)
    before = state(change.top)
    with pytest.raises(UsageError, match=r"^proposed \(https://\S+/pull/7\), but this checkout stays as it was: "):
        pull_request.propose(change, TARGET)
    assert state(change.top) == before
    assert list(temporary.iterdir()) == []
    published(change, origin_of(change))


@pytest.mark.clone
def test_a_branch_in_another_work_tree_is_not_moved_there(change: Contribution, gh: Gh, tmp_path: Path) -> None:
    pull_request.propose(change, TARGET)
    git(change.top, "switch", "--quiet", "main")
    git(change.top, "worktree", "add", "--quiet", str(tmp_path / "linked"), change.branch)
    (path,) = change.files
    more = change._replace(files={path.with_name("0123.json.sig"): b"signed"})
    with pytest.raises(UsageError, match="result-0123 is checked out elsewhere"):
        pull_request.propose(more, TARGET)
    linked = more._replace(top=tmp_path / "linked")
    linked = linked._replace(files={linked.top / path.relative_to(change.top).with_name("0123.json.sig"): b"signed"})
    pull_request.propose(linked, TARGET)
    assert git(linked.top, "status", "--porcelain") == ""
    assert git(origin_of(change), "log", "--format=%s", f"main..{change.branch}").count(change.title) == 2


@pytest.mark.clone
def test_a_branch_at_two_remotes_is_known_of_the_one_it_was_pushed_to(change: Contribution, gh: Gh) -> None:
    git(change.top, "remote", "add", "other", str(change.top.parent / "alice/flopsbench.git"))
    pull_request.propose(change, TARGET)
    git(change.top, "push", "--quiet", "other", change.branch)
    (path,) = change.files
    pull_request.propose(change._replace(files={path.with_name("0123.json.sig"): b"signed"}), TARGET)
    commit = git(change.top, "rev-parse", change.branch)
    assert git(change.top, "rev-parse", f"origin/{change.branch}") == commit
    assert git(change.top, "rev-parse", f"other/{change.branch}~0") == git(change.top, "rev-parse", f"{commit}~1")


@pytest.mark.clone
def test_a_pipe_for_the_readme_of_the_registry_is_not_waited_for(clone: Path) -> None:
    (clone / "results/README.md").unlink()
    os.mkfifo(clone / "results/README.md")
    with pytest.raises(UsageError, match="no checkout of flopsbench"):
        pull_request.find_registry(clone)
