"""Tests that a document sent to standard output, under any of its names, is there alone and whole."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from flopsbench.cli import files
from flopsbench.cli.files import check_target, is_stdout, keep

GOLDEN = Path(__file__).parents[1] / "golden"
QUICK = GOLDEN / "result-1.0-quick-cpu.json"
COMPARE = ("compare", str(QUICK), str(QUICK), "--fail-on=none")
NAMES = ("-", "/dev/stdout", "/dev/fd/1", "out")


def sent(tmp_path: Path, *arguments: str, code: int = 0) -> str:
    """Run a command with standard output in the file "out", after a line of another program; return what follows it."""
    with (tmp_path / "out").open("wb") as out:
        out.write(b"before\n")
        out.flush()
        command = [sys.executable, "-m", "flopsbench", *arguments]
        environment = os.environ | {"PYTHONPATH": str(GOLDEN.parents[1]), "GITHUB_STEP_SUMMARY": ""}
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, cwd=tmp_path, env=environment)
    assert done.returncode == code, done.stderr
    before, _, rest = (tmp_path / "out").read_text().partition("\n")
    assert before == "before"
    return rest


@pytest.mark.process
@pytest.mark.parametrize("name", NAMES)
def test_a_comparison_is_printed_alone(tmp_path: Path, name: str) -> None:
    assert json.loads(sent(tmp_path, *COMPARE, "--json", name))["schema"] == "flopsbench.comparison"


@pytest.mark.process
@pytest.mark.parametrize(("option", "begins"), [("--markdown", "### flopsbench"), ("--junit", "<?xml")])
def test_so_is_every_other_form_of_it(tmp_path: Path, option: str, begins: str) -> None:
    told = sent(tmp_path, *COMPARE, option, "/dev/stdout")
    assert told.startswith(begins)
    assert "base: " not in told


@pytest.mark.process
def test_a_log_and_an_export_are_printed_alone(tmp_path: Path) -> None:
    sent(tmp_path, "track", "add", str(QUICK))
    assert isinstance(json.loads(sent(tmp_path, "track", "log", "--json", "/dev/stdout")), list)
    rows = list(
        csv.reader(sent(tmp_path, "export", str(QUICK), "--format=csv", "-o", "/dev/fd/1", code=3).splitlines())
    )
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_file_of_its_own_is_not_standard_output(tmp_path: Path) -> None:
    assert check_target("--json", None) is None
    assert check_target("--json", "-") == check_target("--json", "/dev/stdout") == "-"
    target = str(tmp_path / "out.json")
    assert check_target("--json", target) == target
    (tmp_path / "out.json").write_text("")
    assert not any(map(is_stdout, (target, str(tmp_path), "", "a\0b", "/dev/zero")))


def test_what_takes_minutes_to_make_goes_to_the_first_place_that_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def full() -> Path:
        raise FileNotFoundError(2, "No usable temporary directory found")

    assert keep(b"{}").startswith(f"kept in {tempfile.gettempdir()}/flopsbench-")
    monkeypatch.setattr(files, "_temporary", full)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    told = keep(b"{}", ".xml")
    assert told.startswith(f"kept in {tmp_path}")
    assert Path(told.removeprefix("kept in ")).read_bytes() == b"{}"
    assert told.endswith(".xml")
    monkeypatch.setattr(files, "_own", full)
    assert keep(b"{}") == "no other place takes it, so it is printed"
    assert capfdbinary.readouterr().out == b"{}"
