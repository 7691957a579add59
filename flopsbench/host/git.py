"""Runs git, and gh beside it: neither asks anything, and no variable sends them to another checkout or names a user."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

TIMEOUT_S = 120.0
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
# Options under which git runs no program of the user's: no hook, and no watcher of files.
ALONE = (*NO_HOOKS, "-c", "core.fsmonitor=false")
# Variables that name an author, or send git to another repository (git rev-parse --local-env-vars). They are stronger
# than git's options, and git sets them for every hook and what the hook starts. Settings (GIT_CONFIG_...) stay.
SPEAKS_FOR_USER = re.compile(
    "GIT_(AUTHOR|COMMITTER|DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX|COMMON_DIR|OBJECT_DIRECTORY"
    "|ALTERNATE_OBJECT_DIRECTORIES|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|NAMESPACE"
    "|PREFIX|INTERNAL_SUPER_PREFIX)"
)

Finished = subprocess.CompletedProcess[bytes]


def git(
    arguments: Iterable[str], folder: Path | None = None, hooks: bool = False, timeout_s: float | None = TIMEOUT_S
) -> Finished | None:
    """Run git in ``folder`` (None: the current one) and return what came of it.

    None means that git is not installed or did not end in time. With ``hooks`` the user's hooks and watchers run.
    """
    where = ("-C", str(folder)) if folder else ()
    return _ask(["git", *(() if hooks else ALONE), *where, *arguments], None, timeout_s)


def gh(arguments: Iterable[str], folder: Path | None = None) -> Finished | None:
    """Run gh, GitHub's program, in ``folder``; None where it is not installed or did not end in time."""
    return _ask(["gh", *arguments], folder, TIMEOUT_S)


def git_words(folder: Path) -> tuple[str, ...]:
    """Return how a command begins that a person types to run git, without hooks, in ``folder`` from anywhere."""
    return ("git", *NO_HOOKS, "-C", str(folder))


def own_environment() -> dict[str, str]:
    """Return this process's variables without those that name an author or send git to another repository."""
    return {name: value for name, value in os.environ.items() if not SPEAKS_FOR_USER.match(name)}


def _ask(command: list[str], folder: Path | None, timeout_s: float | None) -> Finished | None:
    """Run a program that may ask nothing; None where it is not installed or did not end in time."""
    quiet = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GH_PROMPT_DISABLED": "1"}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=own_environment() | quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def tool_commit() -> str | None:
    """Return the commit of flopsbench's own checkout, with "+" for uncommitted changes; None outside of a checkout."""
    top = Path(__file__).parents[2]
    if not (top / ".git").exists():
        return None
    describe = ("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+")
    done = git(("--no-optional-locks", *describe), top)
    return done.stdout.decode().strip() if done and done.returncode == 0 else None
