"""Runs git, and gh beside it: neither asks anything, and no variable sends them to another checkout or names a user.

Neither is started in a checkout, where it would run what the settings, hooks and attributes in there name. They work
in a repository apart (``apart``), with the settings of the user and of the machine, which are trusted.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from flopsbench.errors import FlopsbenchError
from flopsbench.words.reason import Reason

TIMEOUT_S = 120.0
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
# Options under which git runs no program of the user's: no hook, and no watcher of files.
ALONE = (*NO_HOOKS, "-c", "core.fsmonitor=false", "--no-optional-locks", "--literal-pathspecs")
# Variables that name an author, or send git to another repository (git rev-parse --local-env-vars). They are stronger
# than git's options, and git sets them for every hook and what the hook starts. Settings (GIT_CONFIG_...) stay.
SPEAKS_FOR_USER = re.compile(
    "GIT_(AUTHOR|COMMITTER|DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX|COMMON_DIR|OBJECT_DIRECTORY"
    "|ALTERNATE_OBJECT_DIRECTORIES|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|NAMESPACE"
    "|PREFIX|INTERNAL_SUPER_PREFIX)"
)
QUIET = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GH_PROMPT_DISABLED": "1",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # no ext::, which is a command, and no helper of another name
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
}
COMPLAINT = re.compile(r"fatal:|error:|remote:|!")  # how the lines begin in which git says what went wrong

Finished = subprocess.CompletedProcess[bytes]


class GitFailed(FlopsbenchError):
    """GitFailed says in a sentence why git, or what flopsbench reads of a checkout, gave no answer."""


def git(
    arguments: Iterable[str],
    folder: Path,
    variables: Mapping[str, str],
    given: bytes = b"",
    timeout_s: float | None = None,
) -> Finished | None:
    """Run git in ``folder`` under ``variables`` and return what came of it; no hook and no watcher of files runs.

    None means that git is not installed or did not end in ``timeout_s``, or in the usual time. What is ``given`` is
    its standard input.
    """
    return _ask(["git", *ALONE, *arguments], folder, variables, given, timeout_s or TIMEOUT_S)


def gh(arguments: Iterable[str], folder: Path) -> Finished | None:
    """Run gh, GitHub's program, in ``folder``; None where it is not installed or did not end in time."""
    return _ask(["gh", *arguments], folder, {}, b"", TIMEOUT_S)


def git_words(folder: Path) -> tuple[str, ...]:
    """Return how a command begins that a person types to run git, without hooks, in ``folder`` from anywhere."""
    return ("git", *NO_HOOKS, "-C", str(folder))


def own_environment() -> dict[str, str]:
    """Return this process's variables without those that name an author or send git to another repository."""
    return {name: value for name, value in os.environ.items() if not SPEAKS_FOR_USER.match(name)}


def complaint(done: Finished | None) -> str:
    """Return the first complaint of a program that failed, which is the cause of the others."""
    if done is None:
        return Reason("program_absent")
    lines = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    return next(filter(COMPLAINT.match, lines), lines[0] if lines else Reason("program_silent"))


def _ask(
    command: list[str], folder: Path, variables: Mapping[str, str], given: bytes, timeout_s: float
) -> Finished | None:
    """Run a program that may ask nothing; None where it is not installed or did not end in time."""
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**own_environment(), **QUIET, **variables},
            input=given,
            capture_output=True,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
