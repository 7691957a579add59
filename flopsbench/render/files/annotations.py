"""Writes GitHub workflow commands: lines that GitHub shows as annotations, here those of a Comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flopsbench.render.terminal import comparison as view
from flopsbench.result.keys import case_title
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import FAILURES

Annotation = Literal["error", "warning", "notice"]


def workflow_commands(comparison: Comparison) -> Iterator[str]:
    """Yield ``::error`` for each failure, ``::warning`` for each doubt; nothing for the rest."""
    for change in comparison.changes:
        if change.verdict in FAILURES or change.verdict in view.DOUBTS:
            level: Literal["error", "warning"] = "error" if change.verdict in FAILURES else "warning"
            yield command(level, f"flopsbench {comparison.command}: {change.verdict}", message(change))


def command(level: Annotation, title: str, message: str, file: str = "") -> str:
    """Return one annotation, at a file if one is named; whatever the texts hold, it stays one line and one command."""
    properties = {"file": file, "title": title}
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items() if text)
    return f"::{level} {told}::{_message(message)}"


def message(change: Change) -> str:
    """Return one case in one line: its name, what changed, why, and from which commit on."""
    moved = view.moved(change)
    rates = f"{view.rate(change, change.base_per_s)} -> {view.rate(change, change.new_per_s)}" if moved else ""
    blamed = change.differences[0] if change.bad_commit else ""
    why = "; ".join(filter(None, (change.reason, blamed)))
    return ": ".join(filter(None, (case_title(change.case), " ".join(filter(None, (moved, rates))), why)))


def _message(text: str) -> str:
    """Return a text as GitHub reads the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return a text as GitHub reads a property of a command."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
