"""``flopsbench noise`` as a user types it, with a backend whose clock never errs."""

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

from flopsbench.track.noise import load
from tests.cli.test_commands import flopsbench

Install = Callable[..., None]
EXACT = ("--backend=exact", "--dtype=fp64", "--size=250", "--time=0.1")


def test_the_floor_is_written_where_compare_finds_it_and_told_in_words(
    install_strangers: Install, tmp_path: Path
) -> None:
    install_strangers("exact")
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


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--runs=2"], 2, "at least 3 whole runs"),
        (["--profile=long"], 2, "unknown profile 'long'"),
        (["--dtype=fp5"], 2, "unknown dtype 'fp5'"),
        (["--noise=/nowhere/x.json"], 2, "no file can be written there"),
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


@pytest.mark.parametrize(("whole", "written"), [(1, False), (3, True)])
def test_an_interruption_keeps_three_runs_or_more(
    install_strangers: Install, tmp_path: Path, whole: int, written: bool
) -> None:
    install_strangers("exact")
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
