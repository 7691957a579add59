"""What a user must type to call this program again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.cli.program import called_as


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A program in a folder with a blank in its name."""
    program = tmp_path / "my env" / "flopsbench"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho $*\n")
    program.chmod(0o755)
    return program


def test_a_program_that_the_shell_finds_is_called_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert called_as(str(installed)) == "flopsbench"


def test_another_program_of_that_name_is_not_meant(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "flopsbench"
    other.write_text(installed.read_text())
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert called_as(str(installed)) == f"'{installed}'"


def test_a_program_in_no_searched_folder_is_called_as_it_was(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(installed.parents[1])
    assert called_as("my env/flopsbench") == "'my env/flopsbench'"
    monkeypatch.chdir(installed.parent)
    assert called_as("./flopsbench") == "./flopsbench"


def test_a_module_is_called_by_this_python() -> None:
    path = str(Path(__file__).parents[2] / "flopsbench" / "__main__.py")
    assert shlex.split(called_as(path)) == [sys.executable, "-m", "flopsbench"]


@pytest.mark.process
def test_a_shell_calls_it(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(installed.parent)
    done = subprocess.run(f"{called_as('./flopsbench')} scale", shell=True, capture_output=True, text=True, check=True)
    assert done.stdout == "scale\n"
