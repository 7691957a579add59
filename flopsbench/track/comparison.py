"""Defines the document that every comparison ends in, one Change per case, and its exit code; parses its options.

History of the format (``schema_version`` is major.minor):

1.0  the first
1.1  calls of a project's own code, in ``B/s`` and ``call/s``, too; ``good_commit`` and ``bad_commit`` of a change
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import field

from flopsbench.dtype import Unit
from flopsbench.errors import ExitCode, UsageError
from flopsbench.result.types import Record
from flopsbench.track.verdicts import FAILURES, Verdict
from flopsbench.words.reason import Reason

SCHEMA_VERSION = "1.1"
MAY_FAIL: tuple[Verdict, ...] = (*FAILURES, "inconclusive", "suspected")


class Change(Record, frozen=True):
    """A Change is one case, base against new. ``estimate``, ``low`` and ``high`` are relative: -0.03 is 3 % slower.

    ``p`` is the one-sided probability of data like this were the case not slower by more than the margin.
    ``detectable`` is the smallest slowdown that this comparison could have called, as a positive share.
    ``pairs`` are the relative changes that each pair of processes gave. ``differences`` are the lines in which the
    two environments differ, where that may explain the change. It lies after ``good_commit``, and at the latest with
    ``bad_commit``, where it is one of a history by commit.
    """

    case: str
    verdict: Verdict
    reason: str | None = None
    unit: Unit = "FLOP/s"
    base_per_s: float | None = None
    new_per_s: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None
    pairs: list[float] = field(default_factory=list)
    id: str | None = None
    differences: list[str] = field(default_factory=list)
    good_commit: str | None = None
    bad_commit: str | None = None


class Comparison(Record, frozen=True):
    """A Comparison is everything a command compared: ``base`` and ``new`` say what.

    ``notes`` are sentences for the reader.
    """

    command: Literal["ab", "compare", "track check"]
    base: str
    new: str
    margin: float
    changes: list[Change]
    schema: Literal["flopsbench.comparison"] = "flopsbench.comparison"
    schema_version: str = SCHEMA_VERSION
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False


def exit_code(comparison: Comparison, fail_on: Iterable[Verdict] = FAILURES) -> ExitCode:
    """Return what the comparison tells its caller: a failure outweighs an interruption, and that a doubt."""
    fail_on = set(fail_on)
    found = {change.verdict for change in comparison.changes}
    if found & fail_on - {"inconclusive"}:
        return ExitCode.FAILED
    if comparison.interrupted:
        return ExitCode.INTERRUPTED
    if "inconclusive" in found & fail_on:
        return ExitCode.INCONCLUSIVE
    if found - {"not run"}:
        return ExitCode.DONE
    return ExitCode.NOTHING_MEASURABLE if comparison.command == "ab" else ExitCode.NOT_COMPARABLE


def parse_fail_on(text: str) -> tuple[Verdict, ...]:
    """Return the verdicts that a text such as "regression,missing" names; "none" names no verdict.

    Raise UsageError for a name that is no verdict that can fail a job.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    if not names:
        raise UsageError(Reason("fail_on_empty", known=", ".join(MAY_FAIL)))
    for name in names:
        if name not in MAY_FAIL:
            raise UsageError(Reason("fail_on_unknown", name=name, known=", ".join(MAY_FAIL)))
    return tuple(verdict for verdict in MAY_FAIL if verdict in names)


def parse_margin(text: str) -> float:
    """Return the share that "2%" or "0.02" writes; raise UsageError for what is neither, or not between 0 and 50 %."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*", text)
    share = float(match[1]) / (100 if match[2] else 1) if match else 0
    if not 0 < share <= 0.5:
        raise UsageError(Reason("margin_form", text=text))
    return share
