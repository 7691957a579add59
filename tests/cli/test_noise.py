"""Tests ``flopsbench noise`` as a user types it, with a backend whose clock never errs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench.cli.noise import left_out
from flopsbench.track.noise import load
from tests.cli.test_commands import flopsbench
from tests.documents import case, result

Install = Callable[..., None]
EXACT = ("--backend=distant", "--dtype=fp64", "--size=250", "--time=0.1")


@pytest.mark.process
def test_the_floor_is_written_where_compare_finds_it_and_told_in_words(
    install_strangers: Install, tmp_path: Path
) -> None:
    install_strangers("exact", "distant")
    done = flopsbench("noise", *EXACT, "--runs=3", XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "flopsbench" / "noise").glob("*.json")
    noise = load(file)
    assert file.name == f"{noise.hardware_key}-quick.json"
    assert (noise.runs, [case.floor for case in noise.cases.values()]) == (3, [0.0])
    text = re.sub(r"\s+", " ", done.stdout)
    assert "two runs of the same thing differed by up to 0.0 % here" in text
    assert "compare can call a slowdown of 2.0 % or more (margin 2 %)" in text
    assert "`flopsbench ab`" in text
    assert "3 runs are few" in text
    assert "run 1 of 3" in done.stderr
    result = tmp_path / "run.json"
    flopsbench("run", *EXACT, f"--json={result}", XDG_DATA_HOME=str(tmp_path))
    compared = flopsbench("compare", str(result), str(result), XDG_DATA_HOME=str(tmp_path))
    assert "1 unchanged" in compared.stdout, compared.stderr


@pytest.mark.process
def test_what_failed_is_named_and_is_exit_code_3_whether_or_not_anything_has_a_floor(
    install_strangers: Install, tmp_path: Path
) -> None:
    install_strangers("exact", "distant", "fragile", "glass")
    asked = ("--backend=distant,glass", "--dtype=fp64", "--size=250", "--time=0.1", "--runs=3")
    done = flopsbench("noise", *asked, "--kernel=beads,failing", XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "compare can call a slowdown" in done.stdout
    named = r"^left out: fp64 glass failing 250³, cuda:7 FAILED in 3 of 3 runs: \S"
    assert re.search(named, done.stdout, re.MULTILINE)
    alone = flopsbench("noise", *asked, "--kernel=failing", XDG_DATA_HOME=str(tmp_path))
    assert alone.returncode == 3
    assert "FAILED in 3 of 3 runs" in alone.stderr
    assert "no case was measured in 3 or more of the 3 runs" in alone.stderr


def test_a_case_that_failed_once_keeps_its_floor_and_is_named() -> None:
    once = [result(case("failed", reason="residual 3")), *(result() for _ in range(3))]
    assert list(left_out(once)) == ["fp32 numpy 1024³ FAILED in 1 of 4 runs: residual 3"]


def test_a_case_that_could_not_be_run_is_named_with_its_reason() -> None:
    without = [result(case(), case("unsupported", dtype="bf16", reason="numpy has no bf16"))] * 3
    assert list(left_out(without)) == ["left out: bf16 numpy 1024³ not run in 3 of 3 runs: numpy has no bf16"]


@pytest.mark.process
def test_json_on_standard_output_stands_alone(install_strangers: Install, tmp_path: Path) -> None:
    install_strangers("exact", "distant")
    file = tmp_path / "noise.json"
    done = flopsbench("noise", *EXACT, "--runs=3", f"--noise={file}", "--json=-")
    assert done.stdout.encode() == file.read_bytes()
    assert "compare can call a slowdown" in done.stderr


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--runs=2"], 2, "at least 3 whole runs"),
        (["--profile=long"], 2, "unknown profile 'long'"),
        (["--dtype=fp5"], 2, "unknown dtype 'fp5'"),
        (["--noise=/nowhere/x.json"], 2, "no file can be written there"),
        (["--json=/nowhere/x.json"], 2, "--json /nowhere/x.json: no file can be written there"),
        (["--noise=."], 2, "no file can be written there"),
        ([f"--noise={__file__}"], 6, "test_noise.py: not a noise file"),
        (["--device=cuda:63"], 7, "no device 'cuda:63' here"),
    ],
)
def test_an_error_is_one_sentence_and_its_own_exit_code(arguments: list[str], code: int, words: str) -> None:
    done = flopsbench("noise", *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
@pytest.mark.parametrize(("whole", "written"), [(1, False), (3, True)])
def test_an_interruption_keeps_three_runs_or_more(
    install_strangers: Install, tmp_path: Path, whole: int, written: bool
) -> None:
    install_strangers("exact", "distant")
    file = tmp_path / "noise.json"
    command = [sys.executable, "-u", "-m", "flopsbench", "noise", *EXACT, "--runs=1000", f"--noise={file}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    ) as watching:
        assert watching.stderr is not None
        for line in watching.stderr:
            if line.startswith(f"run {whole + 1} of"):
                break
        time.sleep(0.1)  # anywhere within the run
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate()
    assert watching.returncode == 130, err
    assert "Traceback" not in err
    assert file.exists() == written
    if written:
        assert load(file).runs >= whole
        assert "compare can call a slowdown" in out
    else:
        assert "interrupted after 1 of 1000 runs: no noise floor" in err
