"""Repositories of small projects, made commit by commit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.track.calls.projects import project

WHO = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull}
WHO |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *arguments: str, day: int = 1) -> str:
    """Run git there, as of a day of 2026, and return what it prints."""
    date = f"2026-01-{day:02}T12:00:00+0000"
    environment = {**os.environ, **WHO, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    environment = {
        name: text for name, text in environment.items() if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(folder: Path, states: Iterable[Mapping[str, str]]) -> list[str]:
    """Make a repository with a commit per state of its files; return their hashes, oldest first."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main", ".")
    commits = []
    for number, files in enumerate(states, 1):
        project(folder, files)
        (folder / "NUMBER").write_text(f"{number}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"Change {number}", day=number)
        commits.append(git(folder, "rev-parse", "HEAD"))
    return commits
