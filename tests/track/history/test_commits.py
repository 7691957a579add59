"""Tests the order of commits: git's where there is a repository, else that of their dates; and what is said of them."""

from __future__ import annotations

import os
import subprocess
from itertools import permutations
from pathlib import Path

import pytest

from flopsbench.result.types import Result, Source
from flopsbench.track.history.commits import NO_COMMITS, CommitRange, blamed, in_order, read_commits
from flopsbench.track.history.folder import read_history
from flopsbench.track.history.series import commit_of
from tests.track.history.histories import by_commit, created, daily, hashed, measured, source, write

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str, day: int = 0) -> str:
    """Run git on a day of the history, and return what it prints."""
    dates = {f"GIT_{who}_DATE": created(day) for who in ("AUTHOR", "COMMITTER")}
    done = subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=os.environ | dates
    )
    return done.stdout.strip()


def commit(folder: Path, subject: str, day: int) -> str:
    """Make a commit of that day, and return it."""
    git(folder, "commit", "--allow-empty", "--quiet", "-m", subject, day=day)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of five commits, the third of which was made by somebody whose clock is a year behind."""
    folder = tmp_path_factory.mktemp("project")
    git(folder, "init", "--quiet")
    for number, day in enumerate((0, 1, -300, 3, 4)):
        commit(folder, f"change {number}", day)
    return folder


def commits(project: Path) -> list[str]:
    """The commits of a project, oldest first."""
    return git(project, "rev-list", "--reverse", "HEAD").split()


def of(commit: str, day: int, committed: int | None = None) -> Result:
    """Return the Result of a commit that was measured on a day."""
    dated = None if committed is None else created(committed)
    return daily(day, measured(), source=Source(commit=commit, committed=dated))


def order(made: list[Result]) -> list[str | None]:
    return [commit_of(result) for result in made]


@pytest.mark.clone
def test_commits_come_in_the_order_of_git_whatever_their_dates_are(project: Path) -> None:
    known = commits(project)
    made = [of(each, 9 - number, day) for number, (each, day) in enumerate(zip(known, (0, 1, -300, 3, 4), strict=True))]
    told = read_commits(made, project)
    assert list(told.known) == known
    days = [created(day)[:10] for day in (0, 1, -300, 3, 4)]
    assert list(told.known.values()) == [(day, f"change {number}") for number, day in enumerate(days)]
    assert told.note is None
    assert order(in_order(made, told)) == known
    assert order(in_order(made, NO_COMMITS)) != known


@pytest.mark.clone
def test_the_past_before_the_oldest_commit_of_a_history_is_not_walked(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    made = [commit(tmp_path, f"change {number}", number) for number in range(12)]
    (tmp_path / ".git/objects" / made[0][:2] / made[0][2:]).unlink()  # who goes back as far as that fails
    told = read_commits([of(each, 0) for each in made[:-4:-1]], tmp_path)
    assert (list(told.known), told.note) == (made[-3:], None)


@pytest.mark.clone
def test_what_left_the_others_before_the_oldest_of_them_is_in_order_too(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    begin, oldest = (commit(tmp_path, f"change {day}", day) for day in (0, 1))
    git(tmp_path, "checkout", "--quiet", "-b", "side", begin)
    side = [commit(tmp_path, f"side {day}", day) for day in (2, 3)]
    git(tmp_path, "checkout", "--quiet", "main")
    git(tmp_path, "merge", "--quiet", "--no-ff", "-m", "merge", "side", day=4)
    merge = git(tmp_path, "rev-parse", "HEAD")
    told = read_commits([of(each, 0) for each in (merge, side[1], oldest, side[0])], tmp_path)
    assert list(told.known) == [oldest, *side, merge]


@pytest.mark.clone
def test_a_history_is_read_in_the_order_of_the_project_around_a_folder(project: Path, tmp_path: Path) -> None:
    known = commits(project)
    write(tmp_path, [of(each, 9 - number) for number, each in enumerate(known)])
    assert order(read_history(tmp_path, project).results) == known
    assert order(read_history(tmp_path, tmp_path).results) == known[::-1]


@pytest.mark.clone
def test_what_git_does_not_know_is_placed_by_its_date(project: Path) -> None:
    known = commits(project)
    strange = hashed(7)
    made = [of(known[0], 0), of(known[1], 1), of(strange, 30, 2), of(known[3], 3), daily(2), of(known[4], 4)]
    told = read_commits(made, project)
    assert told.note == "the repository here lacks 1 commit of the history, which are placed by date"
    assert order(in_order(made, told)) == [known[0], known[1], strange, None, known[3], known[4]]


@pytest.mark.clone
def test_a_shallow_clone_says_which_commits_it_lacks(project: Path, tmp_path: Path) -> None:
    known = commits(project)
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{project}", "shallow")
    made = [of(each, number, number) for number, each in enumerate(known)]
    told = read_commits(made, tmp_path / "shallow")
    assert list(told.known) == known[3:]
    assert told.note is not None
    assert told.note.startswith("this clone is shallow: it lacks 3 commits of the history, which are placed by date")
    assert order(in_order(made, told)) == known


@pytest.mark.clone
def test_a_full_clone_and_the_repository_of_another_project_say_nothing(project: Path, tmp_path: Path) -> None:
    known = [of(each, number) for number, each in enumerate(commits(project))]
    assert read_commits(known, project).note is None
    assert read_commits([of(hashed(1), 0)], project).note is None
    assert read_commits(known, tmp_path) == NO_COMMITS


@pytest.mark.clone
def test_a_repository_that_cannot_be_asked_is_a_note(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    told = read_commits([of(hashed(1), 0)], tmp_path)
    assert "cannot be asked" in (told.note or "")
    assert not told.known


@pytest.mark.clone
def test_what_is_no_hash_is_no_word_for_git(project: Path) -> None:
    made = [of(text, 0) for text in ("--output=x", "HEAD", "main", "", "a\n--all")]
    assert read_commits(made, project) == NO_COMMITS


@pytest.mark.clone
def test_commits_between_two_are_counted(project: Path) -> None:
    known = commits(project)
    told = read_commits([of(each, 0) for each in known], project)
    assert [told.between(known[0], each) for each in known[1:]] == [0, 1, 2, 3]
    assert told.between(known[0], hashed(1)) is None
    assert NO_COMMITS.between(known[0], known[1]) is None


@pytest.mark.clone
def test_a_subject_line_is_shown_without_what_nobody_sees(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    made = of(commit(tmp_path, "red \x1b[31m \u202eturned" + "x" * 300, 0), 0)
    ((_, subject),) = read_commits([made], tmp_path).known.values()
    assert subject.isprintable()
    assert len(subject) <= 100


def told(project: Path, good: str | None, bad: str | None, *known: str, faster: bool = False) -> list[str]:
    found = read_commits([of(each, 0) for each in known], project)
    return [str(line) for line in blamed(CommitRange(good, bad, "2024-01-05", faster), found)]


@pytest.mark.clone
def test_a_change_is_blamed_on_its_commit_or_on_those_between(project: Path) -> None:
    first, second, _, fourth, _ = known = commits(project)
    named = f"{second[:7]} ({created(1)[:10]}) change 1"
    assert told(project, first, second, *known) == [f"first bad commit: {named}"]
    assert told(project, first, second, *known, faster=True) == [f"first better commit: {named}"]
    (among,) = told(project, second, fourth, *known)
    assert among.startswith(f"first bad commit: in {second[:7]}..{fourth[:7]}, with 1 commit between them; measured: ")


def test_without_a_repository_a_change_is_blamed_on_a_range(tmp_path: Path) -> None:
    good, bad = hashed(1), hashed(2)
    assert told(tmp_path, good, bad) == ["first bad commit: in 0000000..0000000; measured: 0000000 (2024-01-05)"]
    assert told(tmp_path, None, bad) == ["first bad commit: at the latest 0000000 (2024-01-05)"]
    assert told(tmp_path, good, None) == []


@pytest.mark.parametrize("way", list(permutations(range(3))))
def test_without_git_commits_come_by_their_dates_and_results_of_one_stay_together(way: tuple[int, ...]) -> None:
    made = [*by_commit([1e12, 2e12]), daily(8, measured(), source=source(0))]
    ordered = in_order([made[at] for at in way], NO_COMMITS)
    assert ordered == [made[0], made[2], made[1]]


def test_a_commit_without_a_date_has_that_of_its_first_result() -> None:
    early, late = (of(hashed(1), day) for day in (1, 9))
    between = daily(5)
    assert in_order([late, between, early], NO_COMMITS) == [early, late, between]
