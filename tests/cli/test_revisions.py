"""Tests what the command line says of a project's own code: ``ab --suite``, ``track backfill``, ``track bisect``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flopsbench.cli import app
from flopsbench.cli import revisions as command
from flopsbench.cli.ab import ab
from flopsbench.errors import FlopsbenchError
from flopsbench.track.history.revisions.bisect import BisectJournal, BisectStep, bisect
from flopsbench.track.history.revisions.listed import Revision
from tests.track.history.revisions.repositories import repository

SURROUNDINGS = {"COLUMNS": "80", "NO_COLOR": "1", "GITHUB_STEP_SUMMARY": None, "GITHUB_ACTIONS": None}
FOUND = [Revision(f"{number:040x}", f"Change {number}") for number in range(4)]


def refusal(*arguments: str) -> tuple[int, str]:
    """What a command is refused with."""
    done = CliRunner(env=SURROUNDINGS).invoke(app, arguments)
    if isinstance(done.exception, FlopsbenchError):
        return int(done.exception.exit_code), str(done.exception)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ab", "--paris", "3"], "--paris: there is no such option"),
        (["ab", "tests"], "tests: there is no such option; arguments for pytest belong to --suite"),
        (["ab", "--suite", "--dtype", "fp32"], "--dtype chooses a GEMM"),
        (["ab", "--suite", "--b", "backend=torch"], "backend=torch chooses a GEMM"),
        (["ab", "--suite", "--call", "a:b"], "--suite --call: one at a time"),
        (["ab", "--flop", "3"], "--flop is the work of --call or --command"),
        (["track", "backfill", "HEAD", "--suite", "--size", "64"], "--size chooses a GEMM"),
        (["track", "backfill", "HEAD", "tests"], "arguments for pytest belong to --suite"),
        (["track", "bisect", "1a2b3c4d", "--pairs", "5"], "5"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(arguments: Sequence[str], told: str) -> None:
    code, sentence = refusal(*arguments)
    assert (code, told in sentence) == (2, True), sentence


def test_a_history_that_is_not_there_ends_a_search(tmp_path: Path) -> None:
    code, sentence = refusal("track", "bisect", "1a2b3c4d", "--history", str(tmp_path / "none"))
    assert (code, "none" in sentence) == (5, True)


@pytest.mark.clone
def test_what_follows_suite_is_pytests_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path, [{"test_none.py": "def test_a():\n    pass\n"}])
    monkeypatch.chdir(tmp_path)
    sides = ("ab", "--b", f"python={sys.executable}", "--pairs", "6", "--suite")
    code, sentence = refusal(*sides, "-k", "a or b", "test_none.py")
    assert (code, "no test of suite -k 'a or b' test_none.py uses the fixture" in sentence) == (7, True), sentence
    code, sentence = refusal(*sides, "--", "--pairs")
    assert (code, "--pairs" in sentence) == (2, True), sentence


def ended(bad: int, unknown: Sequence[int] = ()) -> BisectJournal:
    """A search among FOUND whose steps tell what they should."""

    def told(commit: str, pairs: int, margin: float) -> object:
        raise AssertionError("every step is there")

    steps = [
        BisectStep(revision.commit, "unknown", 0, why="it cannot be installed")
        if number in unknown
        else BisectStep(revision.commit, "bad" if number >= bad else "good", 14, -0.1, -0.11, -0.09, 0.99)
        for number, revision in sorted(enumerate(FOUND), reverse=True)
    ]
    journal = BisectJournal("1a2b3c4d", "f" * 40, FOUND[-1].commit, -0.1, tuple(steps))
    assert bisect(journal, FOUND, told, 14, lambda so_far: None) == journal  # type: ignore[arg-type]  # it takes no step
    return journal


@pytest.mark.parametrize(
    ("journal", "code", "told"),
    [
        (ended(2), 0, "the change came with 0000000 Change 2\n"),
        (ended(2, unknown=[1]), 4, "one of 2 commits, between which nothing could be told:\n  0000000 Change 1\n"),
        (ended(4), 4, "to look again, remove journal.json"),
    ],
)
def test_a_search_ends_with_the_commit_or_with_those_that_are_left(
    journal: BisectJournal, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command._told(journal, FOUND, Path("journal.json"), "en") == code
    assert told in capsys.readouterr().out


def test_a_step_says_how_sure_it_is() -> None:
    titles = {revision.commit: revision.title for revision in FOUND}
    lines = [
        command._step(BisectJournal("", "", "", -0.1, (step,)), titles, "en")
        for step in (
            BisectStep(FOUND[1].commit, "bad", 14, -0.1, -0.11, -0.09, 0.99984),
            BisectStep(FOUND[1].commit, "good", 14, 0.001, -0.01, 0.01, 0.975),
            BisectStep(FOUND[1].commit, "unknown", 30, -0.05, -0.11, 0.01),
            BisectStep(FOUND[1].commit, "unknown", 0, why="no luck"),
        )
    ]
    assert lines == [
        "bad   0000000 Change 1: -10.0 % (-11.0 to -9.0 %), sure to 99.98 %, 14 pairs",
        "good  0000000 Change 1: +0.1 % (-1.0 to +1.0 %), sure to 97.50 %, 14 pairs",
        "?     0000000 Change 1: -5.0 % (-11.0 to +1.0 %) after 30 pairs: neither good nor bad",
        "?     0000000 Change 1: no luck",
    ]


def test_help_names_what_ab_can_measure() -> None:
    assert ab.__doc__ is not None
    assert all(option in ab.__doc__ for option in ("--suite", "--call", "--command"))
