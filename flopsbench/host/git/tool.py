"""Reads which commit flopsbench itself runs from."""

from __future__ import annotations

from pathlib import Path

from flopsbench.host.git.apart import apart
from flopsbench.host.git.checkout import find_checkout
from flopsbench.host.git.disk import is_changed
from flopsbench.host.git.program import GitFailed

TOP = Path(__file__).parents[3]


def tool_commit() -> str | None:
    """Return the commit of flopsbench's own checkout, with "+" for uncommitted changes; None outside of a checkout."""
    if not (TOP / ".git").exists():
        return None
    try:
        with apart(find_checkout(TOP)) as repository:
            commit = repository.word("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
            return commit + "+" * is_changed(repository) if commit else None
    except GitFailed:
        return None
