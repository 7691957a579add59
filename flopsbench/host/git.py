"""Running git, and gh beside it: they ask nothing, and no variable sends them to another checkout or names a user."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

TIMEOUT_S = 120.0
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
# Options under which git runs no program of the user's: no hook, and no watcher of files.
ALONE = (*NO_HOOKS, "-c", "core.fsmonitor=false")
# Stronger than git's options; whoever runs in a hook has them.
SPEAKS_FOR_USER = re.compile("GIT_(AUTHOR|COMMITTER|DIR|WORK_TREE|INDEX|COMMON_DIR|OBJECT_DIRECTORY|PREFIX|NAMESPACE)")


def ask(command: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[bytes] | None:
    """What a program comes to, None where it is not installed or has no answer in time."""
    environment = {name: value for name, value in os.environ.items() if not SPEAKS_FOR_USER.match(name)}
    environment |= {"TZ": "UTC", "LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GH_PROMPT_DISABLED": "1"}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def tool_commit() -> str | None:
    """The commit of flopsbench itself, when it runs from a checkout; "+" marks uncommitted changes."""
    top = Path(__file__).parents[2]
    if not (top / ".git").exists():
        return None
    describe = ("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+")
    done = ask(["git", *ALONE, "--no-optional-locks", "-C", str(top), *describe])
    return done.stdout.decode().strip() if done and done.returncode == 0 else None
