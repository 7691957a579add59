"""Tests the table of exit codes by the commands that compare: one row per meaning."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from flopsbench.result.codec import encode
from flopsbench.result.types import Rate, Stats
from tests.documents import case, result
from tests.processes import suspended_workers
from tests.registry.tree import signed, tree_of
from tests.track.history.revisions.repositories import repository

pytestmark = pytest.mark.process

COMMAND = [sys.executable, "-m", "flopsbench"]


def document(folder: Path, name: str, rate: float) -> Path:
    """Return a Result of one case at this rate, known to 1 part in 1000."""
    headline = Rate(median=rate, low=rate * 0.999, high=rate * 1.001, best=rate, basis="blocks")
    path = folder / name
    path.write_bytes(encode(result(case(stats=Stats(unit="FLOP/s", rate=headline)))))
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("compare base.json base.json --noise none.json", 6, "none.json"),
        ("compare base.json base.json", 0, "1 inconclusive"),
        ("compare base.json base.json --fail-on inconclusive", 4, "1 inconclusive"),
        ("compare base.json slower.json", 3, "1 regression"),
        ("compare base.json slower.json --fail-on none", 0, "1 regression"),
        ("compare base.json slower.json --margin much", 2, "--margin much"),
        ("compare base.json broken.json", 6, "broken.json"),
        ("compare base.json absent.json", 6, "absent.json"),
        ("track check --history empty", 5, "empty"),
        ("track check --history nowhere", 5, "nowhere"),
        ("track add broken.json", 6, "broken.json"),
        ("track ack 00000000 --reason why --history empty", 5, "empty"),
        ("ab --pairs 3", 2, "--pairs 3"),
        ("ab --b colour=red", 2, "colour=red"),
        ("ab --device cuda:99", 7, "cuda:99"),
        ("export base.json --format tea", 2, "tea"),
    ],
)
def test_each_end_has_its_code_and_its_sentence(tmp_path: Path, arguments: str, code: int, told: str) -> None:
    document(tmp_path, "base.json", 1e12)
    document(tmp_path, "slower.json", 0.8e12)
    (tmp_path / "broken.json").write_text('{"schema":')
    (tmp_path / "empty").mkdir()
    done = subprocess.run([*COMMAND, *arguments.split()], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize("created", ["2026-02-30T12:00:00Z", "2026-08-01T12:00:60Z", "0000-01-01T00:00:00Z"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("show dated.json", 6),
        ("validate dated.json", 6),
        ("compare base.json dated.json", 6),
        ("compare dated.json base.json", 6),
        ("export dated.json --format csv", 6),
        ("track add dated.json --history history", 6),
        ("submit dated.json --handle octo --yes --to .", 6),
    ],
)
def test_a_time_that_no_calendar_has_ends_every_command_with_a_sentence(
    tmp_path: Path, arguments: str, code: int, created: str
) -> None:
    tree = tree_of(document(tmp_path, "base.json", 1e12).read_bytes())
    (tmp_path / "dated.json").write_bytes(signed(tree | {"created": created}))
    done = subprocess.run([*COMMAND, *arguments.split()], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert "no calendar has it" in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr


def test_a_regression_is_told_by_the_exit_code_even_when_nobody_reads(tmp_path: Path) -> None:
    document(tmp_path, "base.json", 1e12)
    document(tmp_path, "slower.json", 0.8e12)
    command = f"{sys.executable} -m flopsbench compare base.json slower.json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("3\n", "")


def test_an_interrupted_comparison_ends_with_130_and_keeps_what_was_done(
    install_strangers: Callable[..., None], tmp_path: Path
) -> None:
    install_strangers("paced")
    sides = ["--backend", "paced", "--dtype", "fp64", "--size", "64", "--json", "c.json"]
    running = subprocess.Popen([*COMMAND, "ab", *sides], cwd=tmp_path, stdout=subprocess.DEVNULL)
    workers = suspended_workers(running.pid)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    comparison = json.loads((tmp_path / "c.json").read_text())
    assert comparison["interrupted"]
    assert [change["verdict"] for change in comparison["changes"]] == ["inconclusive"]
    assert not psutil.wait_procs(workers, timeout=30)[1]


def test_what_too_few_pairs_can_call_is_said_before_they_are_measured(
    install_strangers: Callable[..., None], tmp_path: Path
) -> None:
    install_strangers("paced")
    cases = ["--backend", "paced", "--dtype", "fp64", "--size", "64,32", "--pairs", "6"]
    running = subprocess.Popen(
        [*COMMAND, "ab", *cases], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    said = running.stderr.readline()
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    told = "flopsbench: 6 pairs can call a change in at most 1 cases at once; there are 2: raise --pairs\n"
    assert (said, running.returncode) == (told, 130)


@pytest.mark.clone
@pytest.mark.parametrize(("a", "b", "code"), [("HEAD~1", "HEAD", 3), ("HEAD", "HEAD~1", 2)])
def test_a_commit_that_cannot_be_installed_has_failed_on_the_new_side_alone(
    tmp_path: Path, a: str, b: str, code: int
) -> None:
    repository(tmp_path / "project", [{}, {"broken": ""}])
    install = "test ! -e broken || { echo no compiler; exit 9; }"
    sides = ["--a", f"git={a}", "--b", f"git={b}", "--install", install, "--command", "true"]
    done = subprocess.run([*COMMAND, "ab", *sides], cwd=tmp_path / "project", capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("flopsbench: git=HEAD: ")
    assert " failed with 9:\nno compiler\n" in done.stderr
    assert ("\nflopsbench: the new side cannot be installed" in done.stderr) == (code == 3)
