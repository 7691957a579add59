"""Fixtures of the tests of workflows: a project's repository, and runners that have cloned it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.runner import Runner, git


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository with two commits on main."""
    work, bare = tmp_path / "work", tmp_path / "origin.git"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    for text in ("base", "head"):
        (work / "file").write_text(text)
        git(work, "add", "file")
        git(work, "commit", "--quiet", "--message", text)
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    return bare


@pytest.fixture
def make(tmp_path: Path, origin: Path) -> Callable[..., Runner]:
    return lambda name="runner", source=origin: Runner(tmp_path / name, source)


@pytest.fixture
def runner(make: Callable[..., Runner]) -> Runner:
    return make()
