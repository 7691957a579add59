"""A Comparison as GitHub workflow commands: an annotation a failing or doubtful case."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.render import comparison as view
from flopsbench.track.comparison import FAILURES, Change, Comparison


def workflow_commands(comparison: Comparison) -> Iterator[str]:
    """``::error`` for each failure, ``::warning`` for each doubt; nothing for the rest."""
    for change in comparison.changes:
        if change.verdict in FAILURES or change.verdict in view.DOUBTS:
            level = "error" if change.verdict in FAILURES else "warning"
            title = _property(f"flopsbench {comparison.command}: {change.verdict}")
            yield f"::{level} title={title}::{_message(message(change))}"


def message(change: Change) -> str:
    """One case in one line: its name, what changed, why."""
    moved = view.moved(change)
    rates = f"{view.rate(change, change.base_per_s)} -> {view.rate(change, change.new_per_s)}" if moved else ""
    return ": ".join(filter(None, (view.name(change.case), " ".join(filter(None, (moved, rates))), change.reason)))


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
