"""Which commits a range is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.track.history.revisions.listed import Revision, between, every, revisions
from tests.track.history.revisions.repositories import git, repository


@given(st.integers(1, 60), st.integers(1, 20))
def test_each_so_many_commits_are_chosen_with_both_ends(count: int, step: int) -> None:
    found = [Revision(str(number), "") for number in range(count)]
    chosen = every(found, step)
    assert [chosen[0], chosen[-1]] == [found[0], found[-1]]
    places = [int(revision.commit) for revision in chosen]
    assert places == sorted(set(places))
    first, *others = (after - before for before, after in pairwise(places)) if count > 1 else (0,)
    assert first <= step
    assert set(others) <= {step}


@pytest.mark.clone
def test_a_range_is_what_git_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = repository(tmp_path, [{}] * 4)
    git(tmp_path, "checkout", "-q", "-b", "side", commits[1])
    (tmp_path / "SIDE").write_text("1")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "Beside", day=5)
    beside = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "checkout", "-q", "main")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "Merge", "side", day=6)
    merged = git(tmp_path, "rev-parse", "HEAD")
    monkeypatch.chdir(tmp_path)

    def hashes(text: str) -> list[str]:
        return [revision.commit for revision in revisions(text)]

    assert hashes("HEAD~3..HEAD") == [*commits[2:], merged]  # a merge counts as one
    assert hashes(f"{commits[0]}..") == [*commits[1:], merged]
    assert hashes("main~1") == [commits[3]]
    assert revisions("HEAD")[0].title == f"{merged[:7]} Merge"
    assert [revision.commit for revision in between(commits[0], commits[2])] == commits[1:3]
    for wrong, told in (("HEAD..HEAD", "holds no commit"), ("nowhere..HEAD", "nowhere"), ("--all", "all")):
        with pytest.raises(UsageError, match=told):
            revisions(wrong)
    with pytest.raises(UsageError, match="does not come after"):
        between(commits[3], commits[1])
    with pytest.raises(UsageError, match="does not come after"):
        between(beside, commits[3])
