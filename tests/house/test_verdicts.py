"""Tests rule 13, verdicts: one module holds an interval against a margin, and who names a verdict says what for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from flopsbench.result.types import Status
from flopsbench.track.verdicts import Verdict
from tests.house.sources import modules, place, room, tree
from tests.house.test_layers import ROW
from tests.house.test_rules import text_constants

HOME = "track/verdicts.py"
WORDS = frozenset(get_args(Verdict))
SHARED = WORDS & set(get_args(Status))  # below track, where there are no verdicts, such a word is a case's status
# Who may name a verdict, and for what.
MAY_NAME = {
    HOME: "decides them",
    "render/files/junit.py": "what each is to a test report",
    "render/terminal/comparison.py": "the colour and the place of each",
    "render/terminal/suite.py": "the colour and the word of each",
    "track/ab/judge.py": "asks both looks for the same, and says what helps where nothing can be said",
    "track/ab/looks.py": "which cases are looked at again",
    "track/ab/outcome.py": "cases without a rate on both sides",
    "track/calls/outcome.py": "calls without a rate on both sides",
    "track/compare.py": "cases without a rate on both sides, and what a reader should know of each verdict",
    "track/comparison.py": "which verdicts fail a command",
    "track/history/absence.py": "cases that the last Results do not have",
    "track/history/events.py": "absences that nobody need accept",
    "track/history/revisions/bisect.py": "on which side of half a change a commit lies",
    "track/history/judge.py": "levels that are too short to call, and changes that somebody has accepted",
    "track/suite/gate.py": "which verdicts fail a suite, and timings without their like",
    "track/suite/session.py": "how each ends a test",
}
# Words of verdicts that are something else, by the module that writes them.
OTHERS = {
    ("cli/noise.py", "failed"): "the status of a case",
    ("cli/run.py", "failed"): "the status of a case",
    ("render/terminal/result/remarks.py", "failed"): "the status of a case",
    ("track/ab/cases.py", "failed"): "the status of a case",
    ("track/calls/command.py", "failed"): "the status of a call",
    ("track/calls/found.py", "failed"): "the status of a call",
    ("track/calls/process.py", "failed"): "the status of a call",
    ("track/calls/run.py", "failed"): "the status of a call",
    ("track/calls/inside/suite.py", "failed"): "the status of a call",
    ("track/calls/inside/worker.py", "failed"): "the status of a call",
    ("track/export.py", "failed"): "the status of a case",
}
# Comparisons with a margin that decide nothing, by the module and the comparison.
BEFORE = "brings an end of the interval to what the probabilities say, before the verdict is asked for"
ASIDE = {
    ("track/ab/judge.py", "estimate < slower"): BEFORE,
    ("track/ab/judge.py", "estimate < slower <= high"): BEFORE,
    ("track/ab/judge.py", "estimate > faster"): BEFORE,
    ("track/ab/judge.py", "estimate > faster >= low"): BEFORE,
    ("track/ab/outcome.py", "abs(seeming - told) > margin"): "whether a note is due on two rates; no verdict",
}
MARGIN = re.compile(r"(?i)\w*margin\w*")
END = re.compile(r"(?:\w+[._])*(?:low|high)")


def words_of(module: ast.Module) -> set[str]:
    """Return the verdicts that a module writes as a text."""
    return WORDS.intersection(text_constants(module))


def called(node: ast.AST) -> Iterator[str]:
    """Yield the names that an expression reads: variables, attributes."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield part.id if isinstance(part, ast.Name) else part.attr


def held_against_margin(module: ast.Module) -> Iterator[str]:
    """Yield each comparison of sizes with a margin, with what was computed from one, or of an end with a negated bound.

    What a function that decides returned of the margin is no margin any more.
    """
    of_margin = {name for node in ast.walk(module) for name in _computed_from_margin(node)}
    for node in ast.walk(module):
        if isinstance(node, ast.Compare) and any(
            isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops
        ):
            sides = [node.left, *node.comparators]
            names = {name for side in sides for name in called(side)}
            margin = any(map(MARGIN.fullmatch, names)) or not of_margin.isdisjoint(names)
            end = any(END.fullmatch(ast.unparse(side)) for side in sides)
            negated = any(isinstance(side, ast.UnaryOp) and isinstance(side.op, ast.USub) for side in sides)
            if margin or (end and negated):
                yield ast.unparse(node)


def _computed_from_margin(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds to arithmetic with a margin: "1 - margin", "math.log1p(margin)"."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=False) if several else [(target, node.value)]
            for name, value in pairs:
                calls = {ast.unparse(each.func) for each in ast.walk(value) if isinstance(each, ast.Call)}
                arithmetic = all(call.startswith(("math.", "abs", "max", "min")) for call in calls)
                if isinstance(name, ast.Name) and arithmetic and any(map(MARGIN.fullmatch, called(value))):
                    yield name.id


def test_verdicts_are_named_where_it_is_said_why() -> None:
    found = {(place(path), word) for path in modules() for word in words_of(tree(path)) if not _is_status(path, word)}
    stray = {(where, word) for where, word in found if where not in MAY_NAME} - OTHERS.keys()
    assert not stray, "ask track/verdicts.py for the verdict, or say in MAY_NAME what this module names it for"
    idle = (MAY_NAME.keys() - {where for where, _ in found}) | (OTHERS.keys() - found)
    assert not idle, "no longer named: take it off the list"


def _is_status(path: Path, word: str) -> bool:
    return word in SHARED and ROW.get(room(path), 0) < ROW["track"]


def test_an_interval_is_held_against_a_margin_in_one_module() -> None:
    found = {
        (place(path), told) for path in modules() if place(path) != HOME for told in held_against_margin(tree(path))
    }
    assert not found - ASIDE.keys(), "call verdict_of_interval or verdict_of_change of track/verdicts.py"
    assert not ASIDE.keys() - found, "no longer compared: take it off the list"


@pytest.mark.parametrize(
    "planted",
    [
        'if change.verdict == "regression": f()',
        'verdict = "improvement" if low > 0 else x',
        'BAD = {"inconclusive": 1}',
        'match verdict:\n    case "acknowledged": f()',
        'f(verdict="not run")',
        'x in ("unchanged", "a")',
    ],
)
def test_a_verdict_that_is_named_is_seen(planted: str) -> None:
    assert len(words_of(ast.parse(planted))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "high <= -margin",
        "low > margin",
        "change.high < -comparison.margin",
        "defaults.MARGIN < change.low",
        "abs(change) >= ab_margin",
        "high < -allowed",
        "-LIMIT > change.high",
        "bound = 1 - margin\nx = ratio < bound",
        "slower, faster = math.log1p(-margin), math.log1p(margin)\nx = centre.low > faster",
        "bound: float = -MARGIN\nx = high < bound",
    ],
)
def test_a_comparison_with_a_margin_is_seen(planted: str) -> None:
    assert len(list(held_against_margin(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        "rate < low",
        "low <= median <= high",
        "x is margin",
        "verdict = verdict_of_change(change, margin)\nx = verdict > y",
        '"""A regression of low > margin."""',
        "error > band.high",
    ],
)
def test_what_decides_nothing_is_let_be(allowed: str) -> None:
    assert not [*held_against_margin(ast.parse(allowed)), *words_of(ast.parse(allowed))]


def test_a_status_is_no_verdict_below_the_verdicts() -> None:
    assert set(SHARED) == {"failed"}
    paths = {place(path): path for path in modules()}
    assert _is_status(paths["runs/worker.py"], "failed")
    assert not _is_status(paths["runs/worker.py"], "regression")
    assert not _is_status(paths["track/compare.py"], "failed")
