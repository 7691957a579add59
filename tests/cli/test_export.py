"""Tests ``flopsbench export`` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopsbench.result.codec import encode
from flopsbench.result.types import Case
from tests.cli.test_commands import QUICK, flopsbench
from tests.documents import case, result

pytestmark = pytest.mark.process


def written(folder: Path, *cases: Case) -> str:
    """The file of a Result with these cases."""
    file = folder / "result.json"
    file.write_bytes(encode(result(*cases)))
    return str(file)


@pytest.mark.parametrize(
    ("format", "begins"), [("github-action-benchmark", "["), ("csv", "id,created,"), ("pytest-benchmark", "{")]
)
def test_a_result_is_exported_to_standard_output_or_a_file(format: str, begins: str, tmp_path: Path) -> None:
    exported = written(tmp_path, case(), case("unsupported", dtype="int8"))
    printed = flopsbench("export", exported, f"--format={format}")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.startswith(begins)
    file = tmp_path / "deep" / "file"
    flopsbench("export", exported, f"--format={format}", "-o", str(file))
    assert file.read_text() == printed.stdout


def test_of_a_folder_the_broken_files_are_named_and_the_rest_is_exported(tmp_path: Path) -> None:
    written(tmp_path, case())
    (tmp_path / "broken.json").write_text("{")
    done = flopsbench("export", str(tmp_path), "--format=csv")
    assert done.returncode == 6
    assert "broken.json: truncated" in done.stderr
    assert len(done.stdout.splitlines()) == 1 + 1


@pytest.mark.parametrize("format", ["github-action-benchmark", "csv", "pytest-benchmark"])
def test_a_case_without_a_rate_is_told_and_fails(format: str, tmp_path: Path) -> None:
    cases = (case(), case("failed", dtype="fp64", reason="wrong product"), case("unsupported", dtype="int8"))
    done = flopsbench("export", written(tmp_path, *cases), f"--format={format}")
    assert done.returncode == 3
    assert done.stderr == "flopsbench: fp64 numpy 1024³ has no rate to export (failed): wrong product\n"
    assert "fp32" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([str(QUICK), "--format=xml"], 2, "there are github-action-benchmark, csv, pytest-benchmark"),
        ([str(QUICK), str(QUICK), "--format=pytest-benchmark"], 2, "holds one Result, not 2"),
        ([str(QUICK)], 2, "Missing option '--format'"),
        ([str(QUICK), "--format=csv", "-o", "/dev/null/x"], 2, "no file can be written there"),
        ([__file__, "--format=csv"], 6, "test_export.py: not JSON"),
        (["/nowhere", "--format=csv"], 6, "cannot be read"),
    ],
)
def test_an_error_is_one_sentence_and_its_own_exit_code(arguments: list[str], code: int, words: str) -> None:
    done = flopsbench("export", *arguments)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
